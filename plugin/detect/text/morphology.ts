/** Plurals that no rule makes; of compounds too ("firemen" by "-men"). */
const irregular: Readonly<Record<string, string>> = {
  children: 'child',
  people: 'person',
  mice: 'mouse',
  geese: 'goose',
  feet: 'foot',
  teeth: 'tooth',
  oxen: 'ox',
  dice: 'die',
  lice: 'louse',
  cacti: 'cactus',
  fungi: 'fungus',
  octopi: 'octopus',
  hippopotami: 'hippopotamus',
  larvae: 'larva',
  antennae: 'antenna',
  bacteria: 'bacterium',
  aquaria: 'aquarium',
  media: 'medium',
  appendices: 'appendix',
  vertices: 'vertex',
  axes: 'axe',
};

/** WordNet's rules for nouns (morphy, detachment rules), longest ending first, and those in -f(e), -o and -is. */
const endings: readonly (readonly [RegExp, readonly string[]])[] = [
  [/men$/, ['man']],
  [/ies$/, ['y', 'ie']],
  [/ves$/, ['f', 'fe', 've']],
  [/(?:ch|sh|ss|x|z|s)es$/, ['']],
  [/oes$/, ['o', 'oe']],
  [/ses$/, ['sis']],
  [/es$/, ['e', 'is']],
  [/s$/, ['']],
];

/**
 * The singulars a word may be the plural of, likeliest first; empty where it looks like none. The caller looks them up: rules alone
 * make nonsense of "glass" and "bus".
 */
export function singulars(word: string): readonly string[] {
  const known = irregular[word];
  if (known !== undefined) return [known];
  const found: string[] = [];
  for (const [ending, replacements] of endings) {
    if (word.length < 4 || !ending.test(word)) continue;
    for (const replacement of replacements) {
      // "-ches" loses "es" alone.
      const stem = ending.source.startsWith('(?:') ? word.slice(0, -2) : word.replace(ending, replacement);
      if (stem.length > 1 && !found.includes(stem)) found.push(stem);
    }
  }
  return found;
}
