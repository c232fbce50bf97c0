import type { DetectStats, Enhanced, HighlightStyle, PromptAnswer } from '../../plugin/index.js';
import { byId, checkedValue, onChoice } from './dom.js';
import { names } from './names.js';

/** As the library takes them. */
const mostPrompts = 32;
const longestPrompt = 200;
/** Okabe & Ito, in the library's order. */
const colours = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#d55e00', '#cc79a7', '#0072b2', '#ffffff'];

/** What the viewer looks for. */
export interface Wanted {
  readonly prompts: readonly string[];
  readonly style: HighlightStyle;
}

interface Row {
  readonly item: HTMLLIElement;
  readonly about: HTMLElement;
  readonly count: HTMLElement;
}

const kinds = { exact: '', synonym: 'another word for', broader: 'a kind of', guess: 'my guess, near', encoded: '' };

/** The form for prompts, and the list of what has been found. */
export class Finder {
  readonly #input = byId('prompt', HTMLInputElement);
  readonly #list = byId('found', HTMLUListElement);
  readonly #hint = byId('finder-hint', HTMLElement);
  readonly #styles = byId('highlight', HTMLFieldSetElement);
  readonly #rows = new Map<string, Row>();
  #prompts: readonly string[] = [];

  /** @param onChange what is wanted has changed */
  constructor(onChange: (wanted: Wanted) => void) {
    const options = names.map((value) => Object.assign(document.createElement('option'), { value }));
    byId('names', HTMLDataListElement).append(...options);
    const changed = () => onChange(this.wanted);
    byId('finder', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#read()) changed();
    });
    byId('forget', HTMLButtonElement).addEventListener('click', () => {
      this.#input.value = '';
      this.#read();
      changed();
      this.#input.focus();
    });
    onChoice(this.#styles, changed);
  }

  get wanted(): Wanted {
    return { prompts: this.#prompts, style: checkedValue(this.#styles) as HighlightStyle }; // The values in index.html.
  }

  /** Looks for this without the form: from the address of the page. */
  set prompts(text: string) {
    this.#input.value = text;
    this.#read();
  }

  /** Takes the prompts over from the form; false where there is something wrong with them. */
  #read(): boolean {
    const prompts = [...new Set(this.#input.value.split(',').map((prompt) => prompt.trim()))].filter(Boolean);
    const tooLong = prompts.find((prompt) => prompt.length > longestPrompt);
    this.#hint.textContent =
      prompts.length > mostPrompts
        ? `At most ${mostPrompts} names at a time, please.`
        : tooLong
          ? `A name has at most ${longestPrompt} letters.`
          : '';
    if (this.#hint.textContent !== '') return false;
    this.#prompts = prompts;
    this.#rows.clear();
    this.#list.replaceChildren(...prompts.map((prompt, i) => this.#addRow(prompt, i)));
    return true;
  }

  #addRow(prompt: string, index: number): HTMLLIElement {
    const item = document.createElement('li');
    const dot = Object.assign(document.createElement('span'), { className: 'swatch' });
    dot.style.background = colours[index % colours.length] ?? '';
    const name = Object.assign(document.createElement('b'), { textContent: prompt });
    const about = Object.assign(document.createElement('span'), { className: 'about', textContent: 'getting ready…' });
    const count = Object.assign(document.createElement('output'), { className: 'count' });
    item.append(dot, name, about, count);
    this.#rows.set(prompt, { item, about, count });
    return item;
  }

  #understood(answers: readonly PromptAnswer[]): void {
    for (const { prompt, matchedAs, kind, colour } of answers) {
      const row = this.#rows.get(prompt);
      if (!row) continue;
      const named = [colour, matchedAs].filter((word) => word !== undefined).join(' ');
      row.about.textContent = [kinds[kind], named === prompt ? '' : named].filter(Boolean).join(' ');
      delete row.item.dataset.failed;
    }
  }

  /** Shows what an enhancement finds from now on. */
  follow(enhanced: Enhanced): void {
    this.#understood(enhanced.prompts);
    enhanced.addEventListener('prompts', ({ answers }) => this.#understood(answers));
    enhanced.addEventListener('stagefailure', ({ prompt, error }) => {
      const rows = prompt === undefined ? [...this.#rows.values()] : [this.#rows.get(prompt)];
      for (const row of rows) {
        if (!row) continue;
        row.item.dataset.failed = '';
        row.about.textContent = prompt === undefined ? error.message : `not known. ${error.fix}`;
        row.count.textContent = '';
      }
    });
    enhanced.addEventListener('detections', ({ detections }) => {
      for (const [prompt, { item, count }] of this.#rows) {
        if (item.dataset.failed !== undefined) continue;
        const scores = detections.filter((one) => one.prompt === prompt).map(({ score }) => score);
        const best = Math.round(Math.max(...scores) * 100);
        const text = scores.length === 0 ? 'not in sight' : `${scores.length} in sight, ${best} % sure`;
        if (count.textContent !== text) count.textContent = text;
      }
    });
  }
}

/** How looks go, in a few words. */
export function describeLooks(stats: DetectStats | undefined): string {
  if (!stats) return 'off';
  if (stats.state !== 'running') return stats.state;
  return `${stats.rateHz.toFixed(1)} a second, ${stats.answerMs?.toFixed(0) ?? '–'} ms each`;
}
