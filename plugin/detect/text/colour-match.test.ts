import { describe, expect, it } from 'vitest';
import { colourMatch, colourShares, labOf, sampleSide } from './colour-match.js';
import { type BasicColour, basicColours } from './colour-words.js';

type Rgb = readonly [number, number, number];

/** A box: a disc of one colour, wide as a share of the side, over a background. */
function box(disc: Rgb, background: Rgb, share = 0.8): Uint8Array {
  const rgba = new Uint8Array(sampleSide * sampleSide * 4);
  for (let i = 0; i < sampleSide * sampleSide; i++) {
    const x = (i % sampleSide) - 7.5;
    const y = Math.floor(i / sampleSide) - 7.5;
    rgba.set([...(Math.hypot(x, y) < share * 8 ? disc : background), 255], i * 4);
  }
  return rgba;
}

const best = (rgb: Rgb): BasicColour | undefined => {
  const shares = colourShares(...rgb);
  return basicColours[shares.indexOf(Math.max(...shares))];
};

describe('labOf', () => {
  // CIE values of the sRGB primaries, D65 (Lindbloom's tables), to two digits.
  it.each([
    [
      [255, 255, 255],
      [100, 0, 0],
    ],
    [
      [255, 0, 0],
      [53.24, 80.09, 67.2],
    ],
    [
      [0, 0, 255],
      [32.3, 79.19, -107.86],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ] as const)('of %j', ([red, green, blue], lab) => {
    labOf(red, green, blue).forEach((value, i) => {
      expect(value).toBeCloseTo(lab[i] ?? Number.NaN, 1);
    });
  });
});

describe('colourShares', () => {
  // CSS colours and paints that were not among the examples the boundaries come from.
  it.each<[string, Rgb, BasicColour]>([
    ['fire engine', [206, 32, 41], 'red'],
    ['crimson', [220, 20, 60], 'red'],
    ['carrot', [237, 145, 33], 'orange'],
    ['school bus', [255, 191, 0], 'yellow'],
    ['banana', [227, 207, 87], 'yellow'],
    ['forest green', [34, 139, 34], 'green'],
    ['olive', [107, 142, 35], 'green'],
    ['steel blue', [70, 130, 180], 'blue'],
    ['sky', [135, 206, 235], 'blue'],
    ['midnight blue', [25, 25, 112], 'blue'],
    ['plum', [142, 69, 133], 'purple'],
    ['rebecca purple', [102, 51, 153], 'purple'],
    ['deep pink', [255, 20, 147], 'pink'],
    ['light pink', [255, 182, 193], 'pink'],
    ['sienna', [160, 82, 45], 'brown'],
    ['chocolate', [92, 51, 23], 'brown'],
    ['tarmac', [70, 72, 75], 'grey'],
    ['silver', [192, 192, 192], 'grey'],
    ['snow', [250, 250, 252], 'white'],
    ['ink', [18, 18, 20], 'black'],
  ])('%s', (_name, rgb, colour) => {
    expect(best(rgb)).toBe(colour);
  });

  it('adds up to 1', () => {
    expect(colourShares(120, 40, 200).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  });
});

describe('colourMatch', () => {
  const road: Rgb = [105, 106, 108];
  const paints: Readonly<Record<BasicColour, Rgb>> = {
    black: [20, 20, 22],
    white: [240, 240, 238],
    grey: [130, 132, 135],
    red: [180, 25, 30],
    orange: [240, 125, 25],
    yellow: [245, 205, 30],
    green: [40, 130, 60],
    blue: [35, 75, 170],
    purple: [110, 45, 150],
    pink: [245, 140, 180],
    brown: [105, 65, 35],
  };

  it.each(basicColours)('%s paint on a road is that colour, and no other one but the road', (colour) => {
    const pixels = box(paints[colour], road);
    expect(colourMatch(colour, pixels)).toBeGreaterThan(0.9);
    for (const other of basicColours)
      if (other !== colour && other !== 'grey') expect(colourMatch(other, pixels), other).toBeLessThan(0.3);
  });

  it('a third of the box is enough for a colour, a trace is not', () => {
    expect(colourMatch('red', box(paints.red, road, 0.65))).toBeGreaterThan(0.7);
    expect(colourMatch('red', box(paints.red, road, 0.2))).toBeLessThan(0.2);
  });

  it('a red car in shade is red still, a grey one is not', () => {
    expect(colourMatch('red', box([95, 14, 18], [40, 42, 44]))).toBeGreaterThan(0.8);
    expect(colourMatch('red', box(paints.grey, road))).toBe(0);
  });
});
