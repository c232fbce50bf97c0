import { type BasicColour, basicColours } from './colour-words.js';

/** Side of the square of samples that a box's pixels are reduced to. */
export const sampleSide = 16;

/**
 * sRGB examples of each basic term: its focal colour and what the same surface looks like in shade, in glare and in faded paint. Sets
 * its boundaries in CIELAB by distance, as colour naming by prototypes does (Berlin & Kay 1969 found the foci to be shared).
 */
const prototypes: Readonly<Record<BasicColour, readonly string[]>> = {
  black: ['000000', '141414', '262626', '1c1e24', '201c1a'],
  white: ['ffffff', 'f2f2f2', 'e2e2e2', 'eef2f8', 'f8f3ea'],
  grey: ['808080', 'a6a6a6', '5a5a5a', '8a929a', '968f88', '45484c', 'c0c2c4'],
  red: ['ff0000', 'd01020', 'b01018', '801015', 'e04040', 'c8302a', '5c1014'],
  orange: ['ff8000', 'ff6a10', 'f0902a', 'e06a1a', 'ffa840'],
  yellow: ['ffff00', 'ffd800', 'e8c820', 'f5e060', 'd8b010', 'fff080'],
  green: ['00c000', '008000', '30a040', '206030', '80c040', '507030', '98d898', '103c1c', '20a080'],
  blue: ['0000ff', '2050c0', '103080', '4090e0', '80c0f0', '102050', '20a8d8', '5878b0', '18284a'],
  purple: ['800080', '6020a0', '9040c0', '502070', 'b080d8', '3c1850', '8858a8'],
  pink: ['ffc0cb', 'ff69b4', 'ff90b0', 'e870a0', 'f0a0b8', 'e02088', 'f8b8d8'],
  brown: ['8b4513', '6a4020', '5a3014', 'a06a40', '40240f', 'b08850', '7a5838', 'c8a478'],
};

/** Light differs more over a surface than hue does: distances along L count less. */
const lightnessWeight = 0.55;
/** How sharply a pixel decides between two terms, in units of distance. */
const softness = 5;

type Lab = readonly [l: number, a: number, b: number];

const linearised = Array.from({ length: 256 }, (_, i) => {
  const v = i / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** CIELAB (D65) of an sRGB colour of 8 bits a channel. */
export function labOf(red: number, green: number, blue: number): Lab {
  const r = linearised[red] ?? 0;
  const g = linearised[green] ?? 0;
  const b = linearised[blue] ?? 0;
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 / 116) * t + 16 / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const foci: readonly (readonly [BasicColour, readonly Lab[]])[] = basicColours.map((colour) => [
  colour,
  prototypes[colour].map((hex) => {
    const value = Number.parseInt(hex, 16);
    return labOf(value >> 16, (value >> 8) & 255, value & 255);
  }),
]);

/** How far a pixel is each basic colour, 0 to 1, together 1; in the order of {@link basicColours}. */
export function colourShares(red: number, green: number, blue: number): readonly number[] {
  const [l, a, b] = labOf(red, green, blue);
  const nearest = foci.map(([, labs]) =>
    Math.min(...labs.map(([fl, fa, fb]) => Math.hypot((fl - l) * lightnessWeight, fa - a, fb - b))),
  );
  const least = Math.min(...nearest);
  const weights = nearest.map((distance) => Math.exp((least - distance) / softness));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Shares of a box between which a colour goes from "not it" to "it": wheels, windows and background are part of every box. */
const chromaticRange = [0.08, 0.3] as const;
const neutralRange = [0.2, 0.5] as const;

/**
 * How far a box shows something of a colour, 0 to 1. Pixels near the middle of the box count more.
 *
 * It judges the pixels as the video has them: under coloured light, in fog or with a wrong white balance, names shift (a white car is
 * yellow under sodium lamps), and a box's background counts a little. Which thing in the box has the colour is not known.
 *
 * @param rgba {@link sampleSide}² samples of the box in row order, 4 bytes each, sRGB; alpha is not read
 */
export function colourMatch(colour: BasicColour, rgba: Uint8Array): number {
  const index = basicColours.indexOf(colour);
  const middle = (sampleSide - 1) / 2;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < sampleSide * sampleSide; i++) {
    const dx = ((i % sampleSide) - middle) / sampleSide;
    const dy = (Math.floor(i / sampleSide) - middle) / sampleSide;
    const weight = Math.exp(-6 * (dx * dx + dy * dy));
    const shares = colourShares(rgba[i * 4] ?? 0, rgba[i * 4 + 1] ?? 0, rgba[i * 4 + 2] ?? 0);
    sum += weight * (shares[index] ?? 0);
    total += weight;
  }
  const neutral = colour === 'black' || colour === 'white' || colour === 'grey';
  const [low, high] = neutral ? neutralRange : chromaticRange;
  const t = Math.min(1, Math.max(0, (sum / total - low) / (high - low)));
  return t * t * (3 - 2 * t);
}
