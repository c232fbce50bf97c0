import { nearestTurn, type Turn } from '../core/geometry.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Long, so that rounded places say little of its direction. */
const armPx = 4096;

/** Three points without size in an element: where they are on screen is how it lies there, whatever transforms are around it. */
export class Probes {
  readonly root: HTMLElement;
  readonly #points: readonly HTMLElement[];

  /** `arm`: from the first point to the others, right and down; a share of the element or CSS pixels. */
  constructor(document: Document, arm: '100%' | 'long') {
    const length = arm === 'long' ? `${armPx}px` : arm;
    this.root = document.createElement('div');
    // Clipped, so that nothing can be scrolled to.
    const size = arm === 'long' ? 'width: 0; height: 0' : 'width: 100%; height: 100%';
    this.root.style.cssText = `all: initial; position: absolute; left: 0; top: 0; ${size}; overflow: clip; visibility: hidden; pointer-events: none;`;
    this.#points = ['left: 0; top: 0', `left: ${length}; top: 0`, `left: 0; top: ${length}`].map((place) => {
      const point = document.createElement('i');
      point.style.cssText = `all: initial; position: absolute; width: 0; height: 0; ${place};`;
      this.root.append(point);
      return point;
    });
  }

  /** Where on screen a step to the right and one down lead, of whatever length; and the first point. */
  get steps(): { readonly right: Point; readonly down: Point } {
    const [origin, right, down] = this.#points.map((point) => point.getBoundingClientRect());
    if (!origin || !right || !down) return { right: { x: 1, y: 0 }, down: { x: 0, y: 1 } };
    return {
      right: { x: right.x - origin.x, y: right.y - origin.y },
      down: { x: down.x - origin.x, y: down.y - origin.y },
    };
  }

  get turn(): Turn {
    const { right, down } = this.steps;
    return nearestTurn(right, down);
  }

  /** From a distance on screen to one in the element's own CSS pixels, for long arms; undefined where everything is flat. */
  toLocal({ x, y }: Point): Point | undefined {
    const { right, down } = this.steps;
    const [a, b, c, d] = [right.x / armPx, right.y / armPx, down.x / armPx, down.y / armPx];
    const determinant = a * d - b * c;
    if (Math.abs(determinant) < 1e-6) return undefined;
    return { x: (d * x - c * y) / determinant, y: (a * y - b * x) / determinant };
  }
}
