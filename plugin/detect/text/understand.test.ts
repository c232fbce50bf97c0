import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTextSide } from '../../../models/promptvit/text/index.js';
import { VitreousError } from '../../core/errors.js';
import { fuzz } from '../../engine/testing/fuzz.js';
import { Lexicon } from './lexicon.js';
import { understand } from './understand.js';

const weights = new URL('../../../models/promptvit/text/weights.safetensors', import.meta.url);
let lexicon: Lexicon;
beforeAll(async () => {
  lexicon = new Lexicon((await readTextSide(new Uint8Array(readFileSync(weights)), 'shipped')).lexicon);
});

const read = (prompt: string) => {
  const { concept, kind, colour, phrase, hint } = understand(prompt, lexicon);
  return { name: lexicon.names[concept], kind, colour, phrase, hint };
};

function errorOf(prompt: string): VitreousError {
  try {
    understand(prompt, lexicon);
  } catch (thrown) {
    if (thrown instanceof VitreousError) return thrown;
    throw thrown;
  }
  throw new Error(`"${prompt}" was understood`);
}

describe('the lexicon', () => {
  it('knows 1,527 names, COCO’s 80 among them in COCO’s order', () => {
    expect(lexicon.names).toHaveLength(1527);
    expect(lexicon.coco).toHaveLength(80);
    expect([0, 2, 16, 79].map((i) => lexicon.names[lexicon.coco[i] ?? -1])).toEqual([
      'person',
      'car',
      'dog',
      'toothbrush',
    ]);
    expect(lexicon.coco.every((concept) => lexicon.names[concept] !== undefined)).toBe(true);
  });

  it('another format is an error with a code', () => {
    expect(() => new Lexicon('<!doctype html>\n')).toThrow(VitreousError);
    expect(() => new Lexicon('dog\t16\n\n')).toThrow(/weights-format/);
  });
});

describe('what a prompt means', () => {
  it.each([
    ['dog', 'dog', 'exact'],
    ['Dogs', 'dog', 'exact'],
    ['DOG!!!', 'dog', 'exact'],
    ['“dog”', 'dog', 'exact'],
    ['a photo of a dog', 'dog', 'exact'],
    ['please find the dog.', 'dog', 'exact'],
    ['ｄｏｇ', 'dog', 'exact'],
    ['women', 'person', 'broader'],
    ['people', 'person', 'synonym'],
    ['mice', 'mouse', 'exact'],
    ['wolves', 'wolf', 'exact'],
    ['buses', 'bus', 'exact'],
    ['bus (vehicle)', 'bus', 'exact'],
    ['glasses', 'spectacles', 'synonym'],
    ['bunny', 'rabbit', 'synonym'],
    ['ice-cream', 'ice cream', 'exact'],
    ['T-shirt', 'jersey', 'synonym'],
    ['tshirt', 'jersey', 'synonym'],
    ['beagle', 'dog', 'broader'],
    ['golden retriever', 'dog', 'broader'],
    ['red panda', 'carnivore', 'broader'],
    ['white wine', 'wine', 'broader'],
    ['black bear', 'bear', 'broader'],
    ['polar bear', 'polar bear', 'exact'],
    ['police car', 'police cruiser', 'synonym'],
    ['orange', 'orange', 'exact'],
    ['oranges', 'orange', 'exact'],
    ['hot dog', 'hot dog', 'exact'],
    ['dog toy', 'toy', 'broader'],
    ['big dog', 'dog', 'broader'],
    ['two small dogs', 'dog', 'broader'],
    ['a group of people', 'person', 'synonym'],
    ['cup of coffee', 'cup', 'exact'],
    ['slice of pizza', 'pizza', 'exact'],
    ['water bottle', 'water bottle', 'exact'],
    ['café table', 'table', 'broader'],
    ['dog’s bowl', 'bowl', 'broader'],
  ])('"%s" is %s, %s', (prompt, name, kind) => {
    expect(read(prompt)).toMatchObject({ name, kind, colour: undefined });
  });

  it.each([
    ['red car', 'car', 'exact', 'red'],
    ['the red cars', 'car', 'exact', 'red'],
    ['orange car', 'car', 'exact', 'orange'],
    ['light blue car', 'car', 'exact', 'blue'],
    ['dark gray sports car', 'sports car', 'exact', 'grey'],
    ['silver automobile', 'car', 'synonym', 'grey'],
    ['fluffy white dog', 'dog', 'broader', 'white'],
    ['brown beagle', 'dog', 'broader', 'brown'],
  ])('"%s" is %s, %s, and %s', (prompt, name, kind, colour) => {
    expect(read(prompt)).toMatchObject({ name, kind, colour });
  });

  it('the tower is given the thing, and the name above it where it is none itself', () => {
    expect(read('silver automobile')).toMatchObject({ phrase: 'car', hint: '' });
    expect(read('brown beagle')).toMatchObject({ phrase: 'beagle', hint: 'dog' });
    expect(read('wooden toy')).toMatchObject({ phrase: 'toy', hint: '' });
    expect(read('dog toy')).toMatchObject({ phrase: 'dog toy', hint: 'toy' });
  });

  // Names of ImageNet's classes that are no names of the vocabulary.
  it.each(
    (
      'tabby,siamese cat,goldfinch,great white shark,tarantula,box turtle,hippopotamus,cheeseburger,espresso,convertible,minivan,' +
      'trolleybus,moving van,police van,fire engine,canoe,speedboat,aircraft carrier,warplane,rocking chair,throne,desktop computer,' +
      'laptop,cellular telephone,bookcase,wall clock,digital watch,stopwatch,trench coat,cowboy boot,running shoe,oscilloscope,' +
      'viaduct,granny smith,daisy,cliff,seashore,volcano'
    ).split(','),
  )('ImageNet’s "%s" is understood', (prompt) => {
    expect(['exact', 'synonym', 'broader', 'guess']).toContain(read(prompt).kind);
  });
});

describe('what cannot be grounded says so', () => {
  it.each([
    ['man wearing a hat', '"man"'],
    ['dog on a sofa', '"dog"'],
    ['person in red shirt', '"person"'],
    ['the cat behind the door', '"cat"'],
    ['running dog', '"dog"'],
    ['parked cars', '"car"'],
    ['not a dog', '"dog"'],
    ['running', 'Name one thing'],
    ['How are you doing?', 'CLIP'],
  ])('"%s" needs a CLIP tower; the message says %s', (prompt, advice) => {
    const error = errorOf(prompt);
    expect(error.code).toBe('prompt-needs-clip');
    expect(error.fix).toContain(advice);
  });

  it.each([
    '',
    '   ',
    '\n\t',
    'x'.repeat(10_000),
    'dog '.repeat(200),
    'dog and cat',
    'dog, cat',
    'black and white cat',
  ])('prompt-invalid: %j', (prompt) => {
    expect(errorOf(prompt).code).toBe('prompt-invalid');
  });

  it.each([
    'happiness',
    'asdfgh',
    'red',
    '🐶',
    '犬',
    'собака',
    'كلب',
    '0123456789',
    'def main():\n\tpass',
    '…',
    '\u0000',
    'love',
    'the',
  ])('prompt-unknown: %j', (prompt) => {
    expect(errorOf(prompt).code).toBe('prompt-unknown');
  });

  it('a word spelled wrongly is answered with the right one', () => {
    expect(errorOf('elefant').fix).toContain('"elephant"');
    expect(errorOf('bycicle').fix).toContain('"bicycle"');
    expect(errorOf('xqzzjk').fix).not.toContain('Nearest');
  });

  it('long messages are cut', () => {
    expect(errorOf('zz'.repeat(120)).message.length).toBeLessThan(300);
  });
});

it('ends with an answer or a coded error for any text', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc
      .array(fc.constantFrom('red', 'dog', 'on', 'a', '<b>', 'סוס', '\u0000', '🐕', "'", '__proto__', 'constructor'), {
        maxLength: 20,
      })
      .map((words) => words.join(' ')),
    fc.constant('dog '.repeat(2500)),
  );
  const counts = await fuzz(
    'prompts',
    text,
    (prompt) => expect(lexicon.names[understand(prompt, lexicon).concept] ?? 'a guess').toBeTypeOf('string'),
    { refusal: (thrown) => thrown instanceof VitreousError && thrown.code.startsWith('prompt-') },
  );
  expect(counts.refused).toBeGreaterThan(0);
}, 120_000);
