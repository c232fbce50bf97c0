const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** What relates two things, or says that something is absent: beyond a model that compares one box with one name. */
export const relationWords = set(
  'on in at under over behind above below beside between near next inside outside against around with without by from into onto to ' +
    'through across along who whose which that wearing holding carrying riding driving pulling pushing eating drinking sitting ' +
    'standing lying walking running jumping flying swimming sleeping playing looking facing is are was has have having not no or than ' +
    'left right front back while during left-most rightmost',
);

/** Words that join several things in one prompt. */
export const joiningWords = set('and & , plus');

/** Amounts: "a group of people" means people. */
export const amountWords = set(
  'group bunch pair piece slice herd flock crowd pack lot couple set row pile stack kind type sort number bit part school swarm',
);

/** Adjectives of size, age, material and judgement. The thing alone is looked for. */
export const plainAdjectives = set(
  'big small little large tiny huge giant tall short long wide thin thick fat old young new ancient modern vintage antique cute ugly ' +
    'beautiful pretty nice good bad clean dirty wet dry empty full open closed fast slow wild domestic wooden metal metallic plastic ' +
    'leather steel iron stone brick concrete paper woolen cotton silk round square flat curved furry fluffy fuzzy hairy shiny real ' +
    'fake happy sad angry tasty fresh raw sliced striped spotted single lone other main male female adult baby',
);

/** Words that end like a participle and are none. */
export const noParticiples = set(
  'red bed shed sled seed weed reed feed bread thing king ring string wing sling earring ceiling building',
);

/** "running", "parked": an action or a state, which takes more than one look at one thing. */
export const isParticiple = (word: string): boolean =>
  word.length > 4 && /(?:ing|ed)$/.test(word) && !noParticiples.has(word);
