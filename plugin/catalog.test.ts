import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shippedTiers } from '../models/mobilevit-sr/index.js';
import { tiers } from './core/model-source.js';

test('the public list of tiers names every folder with weights, and nothing else', () => {
  const folder = join(import.meta.dirname, '../models/mobilevit-sr');
  const withWeights = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'weights.safetensors')));
  expect([...tiers].sort()).toEqual(withWeights.sort());
  expect(Object.keys(shippedTiers)).toEqual([...tiers]);
});
