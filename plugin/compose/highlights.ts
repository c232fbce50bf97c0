import type { Rect } from '../core/geometry.js';
import type { Rgb } from './colour.js';

/** Most marks in a picture. */
export const mostMarks = 64;
/** Most prompts with colours and heat maps of their own. */
export const mostPrompts = 32;

/** One highlighted thing. Boxes are fractions of the picture. */
export interface Mark {
  readonly box: Rect;
  /** Where the last look saw it: there its heat map belongs to it. */
  readonly seenAt: Rect;
  /** Index of its prompt. */
  readonly prompt: number;
}

/** How a prompt's marks look. */
export interface PromptStyle {
  readonly text: string;
  readonly colour: Rgb;
}

/** What is drawn over the picture. */
export interface Highlights {
  readonly style: 'outline' | 'box' | 'spotlight' | 'heatmap' | 'blur';
  readonly labels: boolean;
  /** Stays the same object until it changes. */
  readonly prompts: readonly PromptStyle[];
  /** The first {@link mostMarks} of them count. */
  readonly marks: readonly Mark[];
  /** Cuts up to the look that the marks are of; after another one they are not drawn. Undefined: not known. */
  readonly cuts?: number | undefined;
}
