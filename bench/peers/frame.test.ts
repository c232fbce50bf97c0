import { describe, expect, it } from 'vitest';
import { cropped, padded, tiled } from './frame.js';
import { spread } from './frames.js';
import type { Picture } from './metrics.js';

/** A picture whose pixels are given by their red byte. */
const picture = (width: number, reds: readonly number[]): Picture => ({
  width,
  height: reds.length / width,
  data: Uint8Array.from(reds.flatMap((red) => [red, 0, 0, 255])),
});

const small = picture(3, [1, 2, 3, 4, 5, 6]);

describe('a frame for an upscaler', () => {
  it('repeats its right and bottom pixels up to the alignment', () => {
    expect(padded(small, 4)).toEqual(picture(4, [1, 2, 3, 3, 4, 5, 6, 6, 4, 5, 6, 6, 4, 5, 6, 6]));
  });

  it('stays as it is where it is aligned', () => {
    expect(padded(small, 1)).toBe(small);
  });

  it('is mirrored until it fills a larger size, and cut to a smaller one', () => {
    expect(tiled(small, { width: 7, height: 3 })).toEqual(
      picture(7, [1, 2, 3, 3, 2, 1, 1, 4, 5, 6, 6, 5, 4, 4, 4, 5, 6, 6, 5, 4, 4]),
    );
    expect(tiled(small, { width: 2, height: 1 })).toEqual(picture(2, [1, 2]));
  });

  it('gets its own size back from a padded result', () => {
    expect(cropped(padded(small, 4), small)).toEqual(small);
  });
});

describe('spread', () => {
  it('takes as many as asked for, evenly, the first among them', () => {
    const items = [...Array(12).keys()];
    expect(spread(items, 4)).toEqual([0, 3, 6, 9]);
    for (const limit of [1, 5, 7, 11, 12]) expect(spread(items, limit)).toHaveLength(limit);
    expect(spread(items, 7)[0]).toBe(0);
    expect(spread(items, 20)).toEqual(items);
  });
});
