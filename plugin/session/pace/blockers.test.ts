import { expect, test } from 'vitest';
import { VitreousError } from '../../core/errors.js';
import { findBlocker, type Situation } from './blockers.js';

const fine: Situation = {
  overlay: true,
  attached: true,
  pictureInPicture: false,
  unmatched: undefined,
  encrypted: false,
  displaySize: { width: 1280, height: 720 },
  canvasSize: { width: 1280, height: 720 },
  sourceSize: { width: 640, height: 360 },
  maxTextureSize: 8192,
  upscaling: true,
  detecting: false,
  highDynamicRange: false,
  transparent: false,
  overBudget: false,
  trouble: undefined,
  unpreparable: undefined,
};

const videoError = new VitreousError({
  code: 'video-error',
  stage: 'source',
  found: 'a',
  expected: 'b',
  fix: 'c',
});

const noFrame = new VitreousError({ code: 'frame-import', stage: 'source', found: 'a', expected: 'b', fix: 'c' });

test.each<[string, Partial<Situation>, string | undefined]>([
  ['nothing speaks against it', {}, undefined],
  ['no frame yet', { sourceSize: undefined }, undefined],
  ['a broken source', { trouble: videoError }, 'video-error'],
  ['a broken source in a detached video', { trouble: videoError, attached: false }, 'video-error'],
  ['encrypted', { encrypted: true }, 'drm'],
  ['encrypted, and therefore without frames', { encrypted: true, trouble: noFrame }, 'drm'],
  ['encrypted, and broken', { encrypted: true, trouble: videoError }, 'video-error'],
  ['detached', { attached: false }, 'video-detached'],
  ['detached has no size either', { attached: false, displaySize: { width: 0, height: 0 } }, 'video-detached'],
  ['picture-in-picture', { pictureInPicture: true }, 'picture-in-picture'],
  ['a style that no canvas has', { unmatched: 'image-rendering: pixelated' }, 'video-style'],
  ['no width', { displaySize: { width: 0, height: 720 } }, 'video-zero-size'],
  ['HDR', { highDynamicRange: true }, 'source-format'],
  ['alpha', { transparent: true }, 'source-format'],
  ['a frame as large as a texture', { sourceSize: { width: 64, height: 8192 }, upscaling: false }, undefined],
  ['a frame too large', { sourceSize: { width: 64, height: 8193 }, upscaling: false }, 'device-limit'],
  ['a canvas too large', { canvasSize: { width: 8193, height: 64 } }, 'device-limit'],
  ['no device to be too large for', { canvasSize: { width: 8193, height: 64 }, maxTextureSize: undefined }, undefined],
  ['same size', { displaySize: { width: 640, height: 360 } }, 'display-not-larger'],
  ['one pixel wider', { displaySize: { width: 641, height: 360 } }, undefined],
  ['smaller, but not upscaling', { displaySize: { width: 320, height: 180 }, upscaling: false }, undefined],
  ['smaller, but no native picture', { displaySize: { width: 320, height: 180 }, overlay: false }, undefined],
  ['over budget', { overBudget: true }, 'over-budget'],
  ['over budget without upscaling', { overBudget: true, upscaling: false }, undefined],
])('%s', (_case, change, code) => {
  expect(findBlocker({ ...fine, ...change })?.code).toBe(code);
});
