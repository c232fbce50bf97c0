import { type ErrorCode, VitreousError } from '../../core/errors.js';
import { type BasicColour, basicColour, isShade } from './colour-words.js';
import type { Lexicon, LexiconEntry } from './lexicon.js';
import { maxPromptCharacters, promptWords } from './normalise.js';
import { amountWords, isParticiple, joiningWords, plainAdjectives, relationWords } from './phrase-words.js';

/** A prompt as the lexicon reads it, before anything is encoded. */
export interface Understanding {
  /** What the text tower is given: the thing alone, without colour, size and article; the name itself for a synonym. */
  readonly phrase: string;
  /** The known name that includes it, for the tower; empty where the phrase is a known name, and for a guess. */
  readonly hint: string;
  /** `guess` where no known name includes it. */
  readonly kind: 'exact' | 'synonym' | 'broader' | 'guess';
  /** Index of the known name it means or belongs to; -1 for a guess. */
  readonly concept: number;
  readonly colour: BasicColour | undefined;
}

interface Problem {
  readonly code: Extract<ErrorCode, `prompt-${string}`>;
  readonly found: string;
  readonly expected: string;
  readonly fix: string;
}

/** Most words before the thing's own name that the tower is given. */
const mostDescribing = 3;

const shown = (prompt: string): string => (prompt.length > 60 ? `"${prompt.slice(0, 60)}…"` : `"${prompt}"`);

function fail({ code, found, expected, fix }: Problem, detail = ''): VitreousError {
  return new VitreousError({ code, stage: 'detect', found: found + detail, expected, fix });
}

/**
 * What a prompt means: the longest known words at its end, and what stands before them. "red car" is a car that is red, "red panda"
 * an animal, "orange" a fruit, "dog toy" a toy.
 *
 * @param nearest known names to propose for words that are spelled like none
 * @throws VitreousError `prompt-invalid` (no text, too long, several things), `prompt-needs-clip` (relations, clothing, actions),
 * `prompt-unknown` with the nearest known names.
 */
export function understand(
  prompt: string,
  lexicon: Lexicon,
  nearest: (phrase: string) => readonly string[] = () => [],
): Understanding {
  if (prompt.trim() === '' || prompt.length > maxPromptCharacters)
    throw fail({
      code: 'prompt-invalid',
      found: prompt.trim() === '' ? 'a prompt without text' : `a prompt of ${prompt.length} characters`,
      expected: `1 to ${maxPromptCharacters} characters`,
      fix: 'Name one thing in a few words.',
    });
  const words = promptWords(prompt);
  const whole = lexicon.find(words);
  if (whole) return answer(whole, [], undefined, lexicon);
  const part = ofPhrase(words, lexicon);
  if (part) return understandWords(part, prompt, lexicon, nearest);
  return understandWords(words, prompt, lexicon, nearest);
}

/** @param before what stands before the known words and is no colour */
function answer(
  { relation, concept, word }: LexiconEntry,
  before: readonly string[],
  colour: BasicColour | undefined,
  lexicon: Lexicon,
): Understanding {
  const name = lexicon.names[concept] ?? '';
  const isName = relation === 'exact' || relation === 'synonym';
  // "dog toy": the tower knows what the words before the head are; sizes and materials would only blur it.
  const described = before.filter((part) => !plainAdjectives.has(part)).slice(-mostDescribing);
  const phrase = [...described, isName ? name : word].join(' ');
  const kind = relation === 'thing' ? 'guess' : before.length > 0 ? 'broader' : relation;
  return { phrase, hint: phrase === name ? '' : name, kind, concept, colour };
}

/** "a group of people" → people; "cup of coffee" → cup, as a container is what is seen. */
function ofPhrase(words: readonly string[], lexicon: Lexicon): readonly string[] | undefined {
  const at = words.indexOf('of');
  if (at <= 0) return undefined;
  const before = words.slice(0, at);
  if (amountWords.has(before.at(-1) ?? '')) return words.slice(at + 1);
  return lexicon.find(before) || lexicon.find(before.slice(-1)) ? before : undefined;
}

function understandWords(
  words: readonly string[],
  prompt: string,
  lexicon: Lexicon,
  nearest: (phrase: string) => readonly string[],
): Understanding {
  // The longest known end of the phrase is what it is about.
  let head: LexiconEntry | undefined;
  let start = 0;
  for (; start < words.length && !head; start++) head = lexicon.find(words.slice(start));
  const before = head ? words.slice(0, start - 1) : words;
  refuseRelations(words, before, prompt, lexicon);
  if (!head) throw unknown(words, prompt, lexicon, nearest);
  const colours = coloursIn(before);
  const rest = before.filter((word) => basicColour(word) === undefined && !isShade(word) && word !== 'the');
  return answer(head, rest, colours[0], lexicon);
}

/** @throws VitreousError `prompt-needs-clip` or `prompt-invalid`, where the words say more than the name of one thing. */
function refuseRelations(words: readonly string[], before: readonly string[], prompt: string, lexicon: Lexicon): void {
  const relation = words.find((word) => relationWords.has(word)) ?? before.find(isParticiple);
  if (relation !== undefined) {
    const thing = leadingThing(words.slice(0, words.indexOf(relation)), lexicon) ?? leadingThing(words, lexicon);
    throw fail({
      code: 'prompt-needs-clip',
      found: `"${relation}" in ${shown(prompt)}: a relation, an action or clothing`,
      expected: 'the name of a thing, with a colour at most',
      fix: `${thing === undefined ? 'Name one thing' : `Use "${thing}"`}, or a CLIP text and image tower as the model.`,
    });
  }
  const joined = words.some((word) => joiningWords.has(word));
  const colours = coloursIn(before);
  if (joined || colours.length > 1)
    throw fail({
      code: 'prompt-invalid',
      found: `several ${colours.length > 1 ? 'colours' : 'things'} in ${shown(prompt)}`,
      expected: 'one thing a prompt, of one colour at most',
      fix: 'Give each its own prompt.',
    });
}

const coloursIn = (words: readonly string[]): readonly BasicColour[] => [
  ...new Set(words.map(basicColour).filter((colour) => colour !== undefined)),
];

/** The longest known end of some words, or of what precedes their last ones. */
function leadingThing(words: readonly string[], lexicon: Lexicon): string | undefined {
  for (let end = words.length; end > 0; end--)
    for (let start = 0; start < end; start++) {
      const entry = lexicon.find(words.slice(start, end));
      if (entry && entry.concept >= 0) return entry.relation === 'broader' ? entry.word : lexicon.names[entry.concept];
    }
  return undefined;
}

function unknown(
  words: readonly string[],
  prompt: string,
  lexicon: Lexicon,
  nearest: (phrase: string) => readonly string[],
): VitreousError {
  const colour = words.length > 0 && words.every((word) => basicColour(word) !== undefined || isShade(word));
  const phrase = words.join(' ');
  const near = words.length === 0 || colour ? [] : [...lexicon.spelledLike(phrase, 3), ...nearest(phrase)];
  const names = [...new Set(near)].slice(0, 5).map((name) => `"${name}"`);
  const what = words.length === 0 ? ', without an English word' : colour ? ', a colour without a thing' : '';
  return fail({
    code: 'prompt-unknown',
    found: shown(prompt) + what,
    expected: 'an English name of something that can be seen',
    fix:
      names.length > 0
        ? `Nearest known names: ${names.join(', ')}.`
        : 'Name a thing in English, such as "dog" or "red car".',
  });
}
