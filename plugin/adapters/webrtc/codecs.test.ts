import { expect, test } from 'vitest';
import { orderCodecs } from './codecs.js';

const codecs = ['video/VP8', 'video/rtx', 'video/H264', 'video/AV1', 'video/H264'].map((mimeType, id) => ({
  mimeType,
  id,
}));
const ids = (preferred: readonly string[]) => orderCodecs(codecs, preferred).map(({ id }) => id);

test('what is preferred comes first, in its order, whatever its case; nothing is left out', () => {
  expect(ids(['video/h264'])).toEqual([2, 4, 0, 1, 3]);
  expect(ids(['video/AV1', 'video/VP8'])).toEqual([3, 0, 1, 2, 4]);
  expect(ids([])).toEqual([0, 1, 2, 3, 4]);
  expect(ids(['video/HEVC'])).toEqual([0, 1, 2, 3, 4]);
});
