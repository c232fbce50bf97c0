/** The eleven basic colour terms of English (Berlin & Kay 1969), which people agree on. */
export const basicColours = [
  'black',
  'white',
  'grey',
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
  'brown',
] as const;

/** One of {@link basicColours}. */
export type BasicColour = (typeof basicColours)[number];

/** Other words, by the basic colour most people file them under. */
const others: Readonly<Record<string, BasicColour>> = {
  gray: 'grey',
  silver: 'grey',
  charcoal: 'grey',
  crimson: 'red',
  scarlet: 'red',
  maroon: 'red',
  burgundy: 'red',
  reddish: 'red',
  golden: 'yellow',
  gold: 'yellow',
  blond: 'yellow',
  blonde: 'yellow',
  yellowish: 'yellow',
  lime: 'green',
  turquoise: 'blue',
  teal: 'blue',
  cyan: 'blue',
  navy: 'blue',
  azure: 'blue',
  bluish: 'blue',
  greenish: 'green',
  violet: 'purple',
  magenta: 'purple',
  lilac: 'purple',
  indigo: 'purple',
  beige: 'brown',
  tan: 'brown',
  khaki: 'brown',
  fuchsia: 'pink',
};

/** Shades say nothing that eleven terms could hold. */
const shades = new Set(['light', 'dark', 'bright', 'pale', 'deep', 'neon', 'pastel', 'coloured', 'colored']);

export const isShade = (word: string): boolean => shades.has(word);

/** The basic colour a word stands for. "red-coloured" counts as "red". */
export function basicColour(word: string): BasicColour | undefined {
  const stem = word.replace(/-?colou?red$/, '') || word;
  return basicColours.find((colour) => colour === stem) ?? (Object.hasOwn(others, stem) ? others[stem] : undefined);
}
