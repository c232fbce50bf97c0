import { readContentBox } from './content-box.js';
import { isRounded, rounding } from './look.js';
import { Styles } from './styles.js';

/**
 * What clips a video, outermost first: on its way to the containing block of something positioned in its place, unless it is `outOfFlow` itself; and
 * from there on what has round corners. That clips the overlay as well, but each by itself: pixels that a corner's edge covers in part would be covered twice.
 */
export function clippersOf(video: HTMLElement, containing: Element | null, outOfFlow: boolean): HTMLElement[] {
  const found: HTMLElement[] = [];
  let inside = true;
  for (let at = parentOf(video); at !== null; at = parentOf(at)) {
    if (at === containing) inside = false;
    // The viewport scrolls for these two, and takes the overlay along.
    if (at === at.ownerDocument.body || at === at.ownerDocument.documentElement) break;
    const style = getComputedStyle(at);
    const { overflowX, overflowY, display } = style;
    const clips = overflowX !== 'visible' || overflowY !== 'visible' || containsPaint(style);
    // To inline boxes `overflow` does not apply (CSS Overflow 3 §3.1), and the others are none.
    const boxless = display === 'inline' || display === 'contents';
    if (clips && !boxless && (inside ? !outOfFlow : isRounded(style))) found.unshift(at);
    // Behind a transform lengths and corners are others.
    if (!inside && [style.transform, style.rotate, style.scale].some((value) => value !== 'none')) break;
  }
  return found;
}

/** A box that clips what is in it just as an element of the page does. Its place is set by who lays it out. */
export class Clip {
  readonly root: HTMLElement;
  readonly of: HTMLElement;
  readonly #styles: Styles;

  constructor(of: HTMLElement) {
    this.of = of;
    this.root = of.ownerDocument.createElement('div');
    this.#styles = new Styles(this.root, {
      all: 'initial',
      display: 'block',
      position: 'absolute',
      'box-sizing': 'content-box',
      'border-style': 'solid',
      'border-color': 'transparent',
      'pointer-events': 'none',
    });
  }

  /** @param edge CSS pixels that a rounded one clips more, along its edges */
  update(zoom: number, edge: number): void {
    const { of } = this;
    const style = getComputedStyle(of);
    const { outer } = readContentBox(of, style);
    const set = (name: string, value: string) => this.#styles.set(name, value);
    // A scroll bar clips as a border does.
    const border = { top: of.clientTop, left: of.clientLeft, right: 0, bottom: 0 };
    const scrolls = of.offsetWidth > 0 && !/visible|clip/.test(style.overflowX);
    const fine = (name: string) => Number.parseFloat(style.getPropertyValue(`border-${name}-width`)) || 0;
    for (const side of ['top', 'left', 'right', 'bottom'] as const) border[side] = fine(side);
    if (scrolls) {
      const bars = {
        width: of.offsetWidth - of.clientWidth - Math.round(border.left + border.right),
        height: of.offsetHeight - of.clientHeight - Math.round(border.top + border.bottom),
      };
      const leftBar = Math.max(0, of.clientLeft - Math.round(border.left));
      border.left += leftBar;
      border.right += Math.max(0, bars.width - leftBar);
      border.bottom += Math.max(0, bars.height);
    }
    const inset = isRounded(style) ? edge : 0;
    set('padding', `${inset}px`);
    for (const [side, width] of Object.entries(border)) set(`border-${side}-width`, `${width}px`);
    set('width', `${Math.max(0, outer.width - border.left - border.right - 2 * inset)}px`);
    set('height', `${Math.max(0, outer.height - border.top - border.bottom - 2 * inset)}px`);
    for (const name of rounding) set(name, style.getPropertyValue(name));
    for (const axis of ['x', 'y']) {
      const overflow = style.getPropertyValue(`overflow-${axis}`);
      // Nothing can be scrolled in here.
      set(`overflow-${axis}`, overflow === 'visible' && !containsPaint(style) ? 'visible' : 'clip');
    }
    const margin = style.overflowX === 'clip' ? style.getPropertyValue('overflow-clip-margin') : '0px';
    set('overflow-clip-margin', inset > 0 ? 'content-box' : margin);
    set('zoom', String(zoom));
  }

  move(left: number, top: number): void {
    this.#styles.set('left', `${left}px`);
    this.#styles.set('top', `${top}px`);
  }
}

function containsPaint(style: CSSStyleDeclaration): boolean {
  return /paint|strict|content/.test(style.contain) || /auto|hidden/.test(style.getPropertyValue('content-visibility'));
}

function parentOf(element: Element): HTMLElement | null {
  // Through the slots of open trees: what is around an element is what shows it.
  if (element.assignedSlot) return element.assignedSlot;
  if (element.parentElement) return element.parentElement;
  const tree = element.getRootNode();
  return tree instanceof ShadowRoot ? (tree.host as HTMLElement) : null; // Hosts with shadow trees are HTML elements.
}
