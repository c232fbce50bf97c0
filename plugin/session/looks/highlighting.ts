import { palette, parseColour } from '../../compose/colour.js';
import type { Highlights, Mark, PromptStyle } from '../../compose/highlights.js';
import type { Rect, Size } from '../../core/geometry.js';
import type { TrackedBox } from '../../track/tracker.js';
import type { HighlightSettings } from '../api/validate-detect.js';

/** Looks that may miss a thing while it still shows. */
const shownMissed = 1;
const labelled: ReadonlySet<HighlightSettings['style']> = new Set(['outline', 'box']);

/** From tracked boxes to what is drawn. */
export class Highlighting {
  #settings: HighlightSettings | undefined;
  #prompts: readonly string[] = [];
  #looks: readonly PromptStyle[] = [];

  /** `settings` undefined: nothing is drawn. */
  configure(settings: HighlightSettings | undefined, prompts: readonly string[]): void {
    const before = this.#settings;
    this.#settings = settings;
    if (prompts === this.#prompts && settings?.colours === before?.colours) return;
    this.#prompts = prompts;
    this.#looks = prompts.map((text, i): PromptStyle => {
      const own = settings?.colours[text];
      return { text, colour: own === undefined ? (palette[i % palette.length] ?? [1, 1, 1]) : parseColour(own) };
    });
  }

  get on(): boolean {
    return this.#settings !== undefined;
  }

  /**
   * Undefined: nothing is drawn, at no cost.
   *
   * @param size of the frame the boxes are measured in, pixels
   * @param cuts up to the look they are of, where they are counted
   */
  draw(boxes: readonly TrackedBox[], size: Size, cuts: number | undefined): Highlights | undefined {
    const settings = this.#settings;
    if (!settings) return undefined;
    const { style } = settings;
    // For privacy a thing stays hidden for as long as it is followed, seen or not.
    const shown = style === 'blur' ? boxes : boxes.filter(({ missed }) => missed <= shownMissed);
    const marks = shown.map(
      ({ prompt, box, observed }): Mark => ({
        box: fractions(box, size),
        seenAt: fractions(observed, size),
        prompt: this.#prompts.indexOf(prompt),
      }),
    );
    return { style, labels: settings.labels ?? labelled.has(style), prompts: this.#looks, marks, cuts };
  }
}

function fractions({ x, y, width, height }: Rect, size: Size): Rect {
  return { x: x / size.width, y: y / size.height, width: width / size.width, height: height / size.height };
}
