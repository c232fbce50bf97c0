import { expect, test } from 'vitest';
import { checkManifest, mixtureOf } from '../../plugin/engine/files/manifest.js';
import { codeThrownBy } from '../../plugin/engine/testing/thrown.js';
import { buildGraph, shippedTiers } from './index.js';

const manifests = Object.entries(shippedTiers).map(([tier, { manifest }]) => checkManifest(manifest, tier));
const [first] = manifests;
if (!first) throw new Error('no tier');

test('all tiers read frames alike: training reads it from one of them', () => {
  for (const manifest of manifests) expect(mixtureOf(manifest)).toEqual(mixtureOf(first));
});

test('a transformer branch without a way to read frames is refused', () => {
  const { mixture: _none, ...without } = first;
  expect(codeThrownBy(() => buildGraph(checkManifest(without, 'S'), { width: 8, height: 8 }))).toBe('manifest-field');
});

test.each([
  { oneFrameIn: 0 },
  { oneFrameIn: 1.5 },
  { averageRate: 0 },
  { averageRate: 1.01 },
  { hysteresis: -0.1 },
  { hysteresis: Number.NaN },
  { responseFloor: 0 },
  { responseFloor: '0.1' },
])('%j is refused', (change) => {
  const changed = { ...first, mixture: { ...first.mixture, ...change } };
  expect(codeThrownBy(() => checkManifest(changed, 'S'))).toBe('manifest-field');
});

test('the graph runs its branch with one frame in as many as the manifest says', () => {
  const slower = { ...first, mixture: { ...mixtureOf(first), oneFrameIn: 9 } };
  const { nodes } = buildGraph(checkManifest(slower, 'S'), { width: 64, height: 64 });
  expect(nodes.find(({ name }) => name === 'mixture')?.segment.condition).toEqual({ kind: 'one-in', frames: 9 });
});
