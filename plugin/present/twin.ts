import type { Rect, Turn } from '../core/geometry.js';
import type { ContentBox } from './content-box.js';
import { Probes } from './geometry-probes.js';
import { applied, framing, isOutOfFlow, type Look, outlining, rounding, shaping } from './look.js';
import { Styles } from './styles.js';

/** Everything else is computed. The twin is in a shadow tree, where no rule of the page reaches. */
const base = {
  all: 'initial',
  display: 'block',
  'box-sizing': 'content-box',
  'pointer-events': 'none',
  'border-style': 'solid',
  'border-color': 'transparent',
} as const;

/** Clips at the content box as a video does (HTML §15.4.1), round corners too. */
const windowBase = {
  ...base,
  position: 'absolute',
  overflow: 'clip',
  'overflow-clip-margin': 'content-box',
  visibility: 'inherit',
} as const;

const rimBase = { ...base, position: 'absolute', visibility: 'inherit' } as const;

const canvasBase = {
  all: 'initial',
  display: 'block',
  position: 'absolute',
  'object-fit': 'fill',
  'pointer-events': 'none',
} as const;

const layerBase = {
  all: 'initial',
  display: 'block',
  position: 'absolute',
  overflow: 'hidden',
  'container-type': 'size',
  'pointer-events': 'none',
  visibility: 'inherit',
} as const;

/**
 * A box that is to a page what the video is: same size, borders, corners, transform, effects. In it lies the canvas, over that the captions, over
 * both what else belongs over the picture, each as one with the video under whatever is applied to it.
 */
export class Twin {
  readonly root: HTMLElement;
  readonly #window: Styles;
  /** Has the outline, which is drawn above the picture. */
  readonly #rim: Styles;
  readonly #canvas: Styles;
  readonly #styles: Styles;
  readonly #layers = new Map<HTMLElement, Styles>();
  readonly #probes: Probes;
  #box: Rect & { readonly paddingLeft: number; readonly paddingTop: number } = {
    ...{ x: 0, y: 0, width: 0, height: 0 },
    ...{ paddingLeft: 0, paddingTop: 0 },
  };

  constructor(canvas: HTMLCanvasElement) {
    this.root = canvas.ownerDocument.createElement('div');
    this.#styles = new Styles(this.root, base);
    this.#canvas = new Styles(canvas, canvasBase);
    this.#probes = new Probes(canvas.ownerDocument, '100%');
    const window = canvas.ownerDocument.createElement('div');
    this.#window = new Styles(window, windowBase);
    window.append(canvas);
    const rim = canvas.ownerDocument.createElement('div');
    this.#rim = new Styles(rim, rimBase);
    this.root.append(window, rim, this.#probes.root);
  }

  set(name: string, value: string): void {
    this.#styles.set(name, value);
  }

  setCanvas(name: string, value: string): void {
    this.#canvas.set(name, value);
  }

  /** How it lies on the screen. */
  get turn(): Turn {
    return this.#probes.turn;
  }

  /** Lays an element over the canvas; `top`: over all others. */
  add(layer: HTMLElement, top: boolean): void {
    if (layer.parentNode === this.root) return;
    let styles = this.#layers.get(layer);
    if (!styles) {
      styles = new Styles(layer, layerBase);
      this.#layers.set(layer, styles);
    }
    this.#placeLayer(styles);
    if (top) this.root.append(layer);
    else this.root.insertBefore(layer, this.root.children[1] ?? null);
  }

  /**
   * Takes over a video's box and look.
   *
   * @param alone the video itself draws nothing
   * @param edge CSS pixels of the picture, along its edges, that are left to the video
   */
  dress({ inner }: ContentBox, look: Look, alone: boolean, edge: number): void {
    const value = (name: string) => look.get(name) ?? '';
    const px = (name: string) => Number.parseFloat(value(name)) || 0;
    for (const name of ['width', 'height'] as const) {
      this.set(name, `${inner[name]}px`);
      this.setCanvas(name, `${inner[name]}px`);
      this.#window.set(name, `${Math.max(0, inner[name] - 2 * edge)}px`);
      this.#rim.set(name, `${inner[name]}px`);
    }
    for (const name of rounding) {
      this.set(name, value(name));
      this.#window.set(name, value(name));
      this.#rim.set(name, value(name));
    }
    for (const name of shaping) {
      this.set(name, value(name));
      this.#rim.set(name, value(name));
      this.#window.set(name, name.startsWith('padding') ? `${px(name) + edge}px` : value(name));
    }
    for (const name of applied) this.set(name, value(name));
    for (const name of framing) this.set(name, alone ? value(name) : initialOf(name));
    // Drawn inside, it would be below the canvas.
    const outlined = alone || px('outline-offset') < 0;
    for (const name of outlining) this.#rim.set(name, outlined ? value(name) : '');
    this.set('clip', isOutOfFlow(look) ? value('clip') : 'auto');
    this.set('content-visibility', value('content-visibility') === 'hidden' ? 'hidden' : 'visible');
    for (const side of ['left', 'top']) {
      this.#window.set(side, `${-px(`border-${side}-width`)}px`);
      this.#rim.set(side, `${-px(`border-${side}-width`)}px`);
      this.setCanvas(side, `${px(`padding-${side}`)}px`);
    }
    this.#box = { ...inner, paddingLeft: px('padding-left'), paddingTop: px('padding-top') };
    for (const styles of this.#layers.values()) this.#placeLayer(styles);
  }

  #placeLayer(styles: Styles): void {
    const { paddingLeft, paddingTop, width, height } = this.#box;
    for (const [name, length] of Object.entries({ left: paddingLeft, top: paddingTop, width, height }))
      styles.set(name, `${length}px`);
  }

  /** Leaves the lowest CSS pixels of the content free. */
  cutBottom(px: number): void {
    this.setCanvas('clip-path', px > 0 ? `inset(0px 0px ${px}px)` : 'none');
  }
}

function initialOf(name: string): string {
  if (name.endsWith('-style')) return 'solid';
  return name.endsWith('-color') ? 'transparent' : '';
}
