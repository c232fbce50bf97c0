import { holdVideos, spyOnCopies } from './copy-spies.js';
import { expect, test } from './fixtures.js';

// TF.js compiles its shaders while it first looks: on a software GPU that takes a while.
test.setTimeout(240_000);

test('a model of TF.js finds persons on the device that draws: its input is our buffer, no pixel comes back', async ({
  page,
}) => {
  await spyOnCopies(page);
  await holdVideos(page, 3.2);
  // Which bind groups have the buffer in them that frames are written to.
  await page.addInitScript(() => {
    const { createBindGroup } = GPUDevice.prototype;
    const labels: string[] = [];
    GPUDevice.prototype.createBindGroup = function (descriptor) {
      for (const { resource } of descriptor.entries)
        if ('buffer' in resource && resource.buffer.label === 'vitreous/tfjs.input')
          labels.push(descriptor.label ?? '');
      return createBindGroup.call(this, descriptor);
    };
    Reflect.set(window, 'inputBoundBy', labels);
  });
  const line = page.waitForEvent('console', {
    predicate: (message) => /^person /.test(message.text()),
    timeout: 200_000,
  });
  await page.goto('/demo/examples/tfjs.html?software');
  const [, score, , , box = '{}', width] = (await line).text().split(' ');
  expect(Number(score)).toBeGreaterThanOrEqual(0.3);
  // A pedestrian in a square of 640 by 360: upright, and a small part of it.
  const found: { x: number; y: number; width: number; height: number } = JSON.parse(box);
  expect(Number(width)).toBe(640);
  expect(found.height).toBeGreaterThan(1.2 * found.width);
  expect(found.height).toBeLessThan(300);

  const seen = await page.evaluate(() => ({
    devices: window.devicesMade,
    errors: window.gpuErrors,
    copies: window.copies,
    readBackBytes: window.readBackBytes,
    boundBy: Reflect.get(window, 'inputBoundBy') as string[], // Put there above.
  }));
  expect(seen.devices).toBe(1);
  expect(seen.errors).toEqual([]);
  // Our pass writes the very buffer that a kernel of TF.js, which labels nothing, reads.
  expect(seen.boundBy).toContain('vitreous/tfjs.input');
  expect(seen.boundBy).toContain('');
  expect(seen.copies.copyExternalImageToTexture ?? 0).toBe(0);
  expect(seen.copies.copyTextureToBuffer ?? 0).toBe(0);
  expect(seen.copies.copyBufferToBuffer ?? 0).toBe(0);
  // [1, 100, 6] numbers, GPU times and counts of cuts.
  expect(Math.max(...seen.readBackBytes)).toBeLessThanOrEqual(100 * 6 * 4);
});
