import { expect, test } from 'vitest';

test('on a server, where there are no elements, the import does nothing and fails nowhere', async () => {
  expect('HTMLElement' in globalThis).toBe(false);
  const { VitreousVideoElement } = await import('./element.js');
  expect(VitreousVideoElement.observedAttributes).toEqual([
    'upscale',
    'detect',
    'highlight',
    'compare',
    'debug',
    'assets',
    'enabled',
    'hotkey',
  ]);
});
