import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gpu, openNodeGpu } from '../cli/gpu/node-upscaler.js';
import { Interruption } from './interruption.js';
import { measureSize } from './tier-rows.js';

let opened: Gpu;
beforeAll(async () => {
  opened = await openNodeGpu();
});
afterAll(() => opened.gpu.dispose());

it('a tier that needs more than the device has is a row that says so; the others are measured', async () => {
  // As much for S as it needs, and less than XL's maps of 48 channels take.
  const maxStorageBindingBytes = 64 * 36 * 40 * 4;
  const { caps } = opened.gpu;
  Object.defineProperty(opened.gpu, 'caps', { value: { ...caps, maxStorageBindingBytes } });
  const at = { name: 'small', size: { width: 64, height: 36 } };
  const contenders = (['S', 'XL'] as const).map((tier) => ({ tier, precision: 'f32' as const }));
  const [bilinear, s, xl] = await measureSize(opened, at, contenders, { warmUp: 0, frames: 1 }, new Interruption());
  expect(bilinear).toMatchObject({ what: 'bilinear', ratioToBilinear: 1, submits: 1 });
  expect(s).toMatchObject({ what: 'S', precision: 'f32', submits: 1 });
  expect(s && 'medianMs' in s ? s.medianMs : 0).toBeGreaterThan(0);
  expect(xl).toEqual({
    size: 'small',
    what: 'XL',
    precision: 'f32',
    failed: expect.stringContaining('[device-limit]'),
  });
});
