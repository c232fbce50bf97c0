import { type PromptAnswer, VitreousError } from '../../index.js';

const normal = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');

/** Plurals as English forms them most: `dogs`, `buses`. */
const singular = (text: string): readonly string[] => [text.replace(/s$/, ''), text.replace(/es$/, '')];

/** Which class a prompt names: by the class's own name, or its plural. */
export class Labels {
  readonly #labels: readonly string[];
  readonly #known: ReadonlyMap<string, number>;

  constructor(labels: readonly string[]) {
    this.#labels = labels;
    this.#known = new Map(labels.map((label, index) => [normal(label), index]));
  }

  /** @throws VitreousError `prompt-unknown` */
  understand(prompt: string): { readonly index: number; readonly answer: PromptAnswer } {
    const text = normal(prompt);
    const exact = this.#known.get(text);
    const index = exact ?? singular(text).flatMap((form) => this.#known.get(form) ?? [])[0];
    const matchedAs = index === undefined ? undefined : this.#labels[index];
    if (index === undefined || matchedAs === undefined) throw unknown(prompt, this.#labels);
    const kind = exact === undefined ? 'synonym' : 'exact';
    return { index, answer: { prompt, matchedAs, kind, confidence: 1, colour: undefined } };
  }
}

function unknown(prompt: string, labels: readonly string[]): VitreousError {
  const words = normal(prompt).split(' ');
  const near = labels.filter((label) => words.some((word) => normal(label).includes(word)));
  const named = near.length > 0 ? near : labels;
  return new VitreousError({
    code: 'prompt-unknown',
    stage: 'detect',
    found: `'${prompt}'`,
    expected: `a class of the model: ${named.slice(0, 10).join(', ')}${named.length > 10 ? ', …' : ''}`,
    fix: 'Use one of these names.',
  });
}
