import type { Highlights, Mark } from '../../plugin/compose/highlights.js';
import type { Rect, Turn } from '../../plugin/core/geometry.js';

/** A drawing of a scene; boxes in fractions of the picture. */
export interface HighlightScene {
  readonly style?: Highlights['style'];
  readonly boxes?: readonly Rect[];
  /** Prompt of each box; default 0. */
  readonly prompts?: readonly number[];
  readonly texts?: readonly string[];
  readonly colours?: readonly (readonly [number, number, number])[];
  readonly labels?: boolean;
  readonly compare?: number | false;
  /** Default: the whole canvas. */
  readonly rect?: Rect;
  readonly pixelRatio?: number;
  /** How the canvas is said to lie on the screen; default: upright. */
  readonly turn?: Turn;
  /** A round bump of likeness in the middle of this box, for each prompt. */
  readonly heat?: readonly Rect[];
}

export function highlightsOf(scene: HighlightScene): Highlights {
  const { boxes = [], prompts = [], texts = ['dog', 'red car'], colours = [] } = scene;
  return {
    style: scene.style ?? 'outline',
    labels: scene.labels ?? false,
    prompts: texts.map((text, i) => ({ text, colour: colours[i] ?? [0.9, 0.62, 0] })),
    marks: boxes.map((box, i): Mark => ({ box, seenAt: box, prompt: prompts[i] ?? 0 })),
  };
}
