/** Red, green, blue, each 0 to 1, as sRGB has them. */
export type Rgb = readonly [number, number, number];

const hex = /^#([0-9a-f])([0-9a-f])([0-9a-f])$|^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

function parseHex(colour: string): Rgb {
  const match = hex.exec(colour);
  if (!match) throw new RangeError(`no hexadecimal colour: ${colour}`);
  const channel = (i: number) => {
    const short = match[i];
    return Number.parseInt(short === undefined ? (match[i + 3] ?? '0') : short + short, 16) / 255;
  };
  return [channel(1), channel(2), channel(3)];
}

/** Okabe & Ito (2008): told apart by colour-blind viewers; from bright to dark, as pictures are dark more often. */
export const palette: readonly Rgb[] = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#d55e00',
  '#cc79a7',
  '#0072b2',
  '#ffffff',
].map(parseHex);

/** A CSS colour. Names and functions need a canvas; what cannot be read is white. */
export function parseColour(colour: string): Rgb {
  if (hex.test(colour)) return parseHex(colour);
  const context = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1).getContext('2d');
  if (!context) return [1, 1, 1];
  context.fillStyle = '#fff';
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r = 255, g = 255, b = 255] = context.getImageData(0, 0, 1, 1).data;
  return [r / 255, g / 255, b / 255];
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

/** Black or white: whichever has the greater contrast with a colour (WCAG 2.2 contrast ratio), at least 4.5:1. */
export function textOn(colour: Rgb): 'black' | 'white' {
  const light = luminance(colour) + 0.05;
  return light / 0.05 >= 1.05 / light ? 'black' : 'white';
}
