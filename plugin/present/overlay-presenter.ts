import { disposeSymbol } from '../core/dispose.js';
import { objectFitRect, type Rect, type Size, snapRect } from '../core/geometry.js';
import { nowhere } from './canvas-presenter.js';
import { type ContentBox, readContentBox } from './content-box.js';
import { DevicePixels } from './device-pixels.js';
import { NativeCaptions } from './native-captions.js';
import { NativeControls } from './native-controls.js';
import type { Placement, Presenter } from './presenter.js';
import { noInsets, scrollInsets } from './scroll-clip.js';

/** What of the video's look the canvas takes over, so that a styled or animated player stays as it is. */
const mirrored = [
  'z-index',
  'zoom',
  'transform',
  'rotate',
  'scale',
  'translate',
  'opacity',
  'filter',
  'clip-path',
  'border-radius',
];

/** Beats any page rule for our elements; everything else is computed. */
const base = {
  all: 'initial',
  display: 'block',
  'box-sizing': 'content-box',
  margin: '0',
  padding: '0',
  border: '0',
  'pointer-events': 'none',
  'object-fit': 'fill',
  overflow: 'hidden',
  'container-type': 'size',
} as const;

/**
 * A canvas over a video's content box: its next sibling, absolutely positioned by measured offsets, so that nothing of the page
 * moves. Later siblings (a player's controls and captions) stay above. Goes into the top layer with a full-screen video. The
 * browser's own captions are drawn above it, and its own controls get a strip of it.
 */
export class OverlayPresenter implements Presenter {
  readonly canvas: HTMLCanvasElement;
  readonly overlay = true;
  readonly #video: HTMLVideoElement;
  readonly #onChange: () => void;
  readonly #pixels: DevicePixels;
  readonly #controls: NativeControls;
  readonly #captions: NativeCaptions;
  /** What is seen in place of the video: the canvas, and the captions over it. */
  readonly #cover: readonly HTMLElement[];
  /** What lies over the video whatever shows. */
  #laid: HTMLElement | undefined;
  #resize: ResizeObserver | undefined;
  readonly #mutation: MutationObserver;
  readonly #listening = new AbortController();
  /** What is listened to of the document that the video is in: a video can move to another window's. */
  #inDocument: { readonly document: Document; readonly listening: AbortController } | undefined;
  #box: ContentBox | undefined;
  #place: string | undefined;
  #fullscreen = false;
  #shown = false;
  #disposed = false;

  constructor(video: HTMLVideoElement, onChange: () => void) {
    this.#video = video;
    this.#onChange = onChange;
    this.canvas = video.ownerDocument.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    this.canvas.dataset.vitreous = '';
    this.#captions = new NativeCaptions(video, () => this.#captionsChanged());
    this.#cover = [this.canvas, this.#captions.root];
    for (const [name, value] of Object.entries(base)) this.#style(name, value);
    this.#setVisibility('hidden');
    // Also told of when the canvas was taken out with a video that is back by now, whose own observer has seen no change.
    this.#pixels = new DevicePixels(this.canvas, () => {
      this.follow();
      onChange();
    });
    this.#controls = new NativeControls(video, () => this.#clip());
    const changed = () => this.#update();
    this.#mutation = new MutationObserver(changed);
    this.#mutation.observe(video, { attributes: true, attributeFilter: ['style', 'class', 'width', 'height'] });
    const { signal } = this.#listening;
    video.addEventListener('transitionend', changed, { signal });
    video.addEventListener('animationend', changed, { signal });
    this.#update();
  }

  /** Listens to the document that the video is in now, and no longer to the one it was in. */
  #listenToDocument(): void {
    const { ownerDocument } = this.#video;
    if (this.#inDocument?.document === ownerDocument) return;
    this.#inDocument?.listening.abort();
    const listening = new AbortController();
    this.#inDocument = { document: ownerDocument, listening };
    const { signal } = listening;
    const changed = () => this.#update();
    const view = ownerDocument.defaultView;
    view?.addEventListener('resize', changed, { signal });
    if (view !== globalThis.window) {
      view?.addEventListener('pagehide', () => this.#escape(), { signal });
      view?.addEventListener('pageshow', changed, { signal });
    }
    ownerDocument.addEventListener('fullscreenchange', changed, { signal });
    // A scroller between the video and the canvas's containing block moves one without the other.
    const scrolled = () => this.follow();
    ownerDocument.addEventListener('scroll', scrolled, { signal, capture: true, passive: true });
    // An observer sees what its own window lays out: a window in the background does not.
    this.#resize?.disconnect();
    this.#resize = new (view ?? globalThis).ResizeObserver(changed);
    this.#resize.observe(this.#video);
    this.#pixels.observe(view ?? globalThis);
  }

  /**
   * The window that the video was moved to closes. A canvas that goes with it never draws again: it leaves before, whether the page has moved the video by
   * now or is about to.
   */
  #escape(): void {
    const closing = this.#inDocument?.document;
    this.#removeCanvas();
    document.adoptNode(this.canvas);
    if (this.#video.ownerDocument !== closing) this.#update();
  }

  get attached(): boolean {
    return this.#video.isConnected;
  }

  place(picture: Size): Placement {
    const { inner, objectFit, objectPosition } = this.#box ?? this.#read();
    const canvas = this.#pixels.size;
    if (!this.attached || inner.width <= 0 || inner.height <= 0) return nowhere;
    const scaleX = canvas.width / inner.width;
    const rect = objectFitRect(inner, picture, objectFit, objectPosition);
    return { canvas, rect: snapRect(rect, scaleX, canvas.height / inner.height), pixelRatio: scaleX };
  }

  follow(): void {
    if (!this.#inPlace || this.#place !== this.#relativePlace()) this.#update();
  }

  /** Whether the canvas is a later sibling of the video, or out of the document with it. */
  get #inPlace(): boolean {
    const [video, { canvas }] = [this.#video, this];
    if (!video.isConnected) return !canvas.isConnected;
    const later = (video.compareDocumentPosition(canvas) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    return later && canvas.parentNode === video.parentNode;
  }

  /** Where the video is, seen from the canvas: changes when one moves without the other. */
  #relativePlace(): string {
    const [video, canvas] = [this.#video.getBoundingClientRect(), this.canvas.getBoundingClientRect()];
    const { left, top, width, height } = canvas;
    return [video.left - left, video.top - top, video.width, video.height, width, height]
      .map((length) => length.toFixed(2))
      .join(' ');
  }

  lay(element: HTMLElement | undefined): void {
    this.#laid?.remove();
    this.#laid = element;
    if (!element) return;
    for (const [name, value] of Object.entries(base)) element.style.setProperty(name, value, 'important');
    this.#update();
  }

  show(): void {
    this.#shown = true;
    this.#applyVisibility();
    this.#captionsChanged();
  }

  hide(): void {
    this.#shown = false;
    this.#setVisibility('hidden');
    this.#captionsChanged();
  }

  /** Ours in the page while there are cues and the canvas covers the browser's. */
  #captionsChanged(): void {
    const wanted = this.#shown && this.#captions.active && this.canvas.isConnected;
    this.#captions.takeOver(wanted);
    const { root } = this.#captions;
    if (!wanted) root.remove();
    else if (!root.isConnected) this.#insertCaptions(root);
  }

  #insertCaptions(root: HTMLElement): void {
    this.canvas.after(root);
    if (this.#fullscreen) enterTopLayer(root);
  }

  /** Above the captions, below what the page has put after the canvas. */
  #insertLaid(laid: HTMLElement): void {
    const { root } = this.#captions;
    (root.isConnected ? root : this.canvas).after(laid);
    if (this.#fullscreen) enterTopLayer(laid);
  }

  /** As the video: hidden by its own style it hides the canvas too, hidden by an ancestor it takes the canvas along. */
  #applyVisibility(): void {
    const { parentElement } = this.#video;
    const own = getComputedStyle(this.#video).visibility;
    const inherited = parentElement ? getComputedStyle(parentElement).visibility : 'visible';
    const visibility = own === inherited ? 'inherit' : own;
    this.#setVisibility(this.#shown ? visibility : 'hidden');
    this.#laid?.style.setProperty('visibility', visibility, 'important');
  }

  #setVisibility(value: string): void {
    for (const { style } of this.#cover) style.setProperty('visibility', value, 'important');
  }

  get #layers(): readonly HTMLElement[] {
    return this.#laid ? [...this.#cover, this.#laid] : this.#cover;
  }

  /** On all layers alike. */
  #style(name: string, value: string): void {
    for (const { style } of this.#layers) style.setProperty(name, value, 'important');
  }

  #read(): ContentBox {
    return readContentBox(this.#video, getComputedStyle(this.#video));
  }

  #update(): void {
    if (this.#disposed) return;
    this.#listenToDocument();
    const video = this.#video;
    if (!video.isConnected) {
      this.#removeCanvas();
      this.#captionsChanged();
      this.#box = undefined;
      this.#onChange();
      return;
    }
    if (!this.#inPlace) {
      this.#captions.root.remove();
      this.#laid?.remove();
      video.after(this.canvas);
    }
    if (this.#laid && !this.#laid.isConnected) this.#insertLaid(this.#laid);
    // Inside a component that shows its children by slots, only one in the video's own slot is seen with it.
    for (const layer of this.#layers) if (layer.slot !== video.slot) layer.slot = video.slot;
    this.#topLayer(video.ownerDocument.fullscreenElement === video);
    const computed = getComputedStyle(video);
    this.#box = readContentBox(video, computed);
    for (const name of mirrored) this.#style(name, computed.getPropertyValue(name));
    this.#applyVisibility();
    this.#layOut(this.#box, computed);
    this.#clip();
    this.#captionsChanged();
    this.#onChange();
  }

  /** A full-screen video is in the top layer, above everything of the page: only another top-layer element can cover it. */
  #topLayer(wanted: boolean): void {
    if (wanted === this.#fullscreen) return;
    this.#fullscreen = wanted;
    for (const layer of this.#layers) {
      if (wanted && layer.isConnected) enterTopLayer(layer);
      else layer.popover = null;
    }
  }

  /** And what is laid over it. Without its slot: a component that watches its slots would take it for the video that is removed. */
  #removeCanvas(): void {
    this.canvas.removeAttribute('slot');
    this.canvas.remove();
    this.#laid?.remove();
  }

  #layOut({ inner, outer }: ContentBox, computed: CSSStyleDeclaration): void {
    const video = this.#video;
    this.#style('position', this.#fullscreen ? 'fixed' : 'absolute');
    this.#style('inset', 'auto');
    this.#style('width', `${inner.width}px`);
    this.#style('height', `${inner.height}px`);
    const [originX = 0, originY = 0] = computed.transformOrigin.split(' ').map(Number.parseFloat);
    this.#style('transform-origin', `${originX - inner.x}px ${originY - inner.y}px`);
    const left = video.offsetLeft + inner.x;
    const top = video.offsetTop + inner.y;
    this.#move(left, top);
    // offsetLeft is a whole number, knows no scrolling, and its origin is not always the containing block (CSSOM View §7): correct
    // by what is seen. Centres stay centres under any transform, which both have in common.
    const { dx, dy } = this.#offCentre(inner, outer, computed);
    this.#move(left + dx, top + dy);
    this.#place = this.#relativePlace();
  }

  /** From the canvas's centre to where the centre of the video's content is, in CSS pixels of both. */
  #offCentre(inner: Rect, outer: Size, computed: CSSStyleDeclaration): { dx: number; dy: number } {
    const video = this.#video;
    const [from, to] = [this.canvas.getBoundingClientRect(), video.getBoundingClientRect()];
    const parent = video.parentElement;
    // An element's own lengths, its place too, are in its zoomed pixels (CSS Viewport 1 §6).
    const zoom = Number.parseFloat(computed.zoom) || 1;
    const scaleX = zoom * ((parent && parent.getBoundingClientRect().width / parent.offsetWidth) || 1);
    const scaleY = zoom * ((parent && parent.getBoundingClientRect().height / parent.offsetHeight) || 1);
    // Of uneven padding the content is off the border box's centre.
    const x = inner.x + (inner.width - outer.width) / 2;
    const y = inner.y + (inner.height - outer.height) / 2;
    const { a, b, c, d } = new DOMMatrix(computed.transform);
    return {
      dx: (to.left + to.width / 2 - from.left - from.width / 2) / scaleX + a * x + c * y,
      dy: (to.top + to.height / 2 - from.top - from.height / 2) / scaleY + b * x + d * y,
    };
  }

  #move(left: number, top: number): void {
    this.#style('left', `${left}px`);
    this.#style('top', `${top}px`);
  }

  /**
   * Cuts away what scrollers around the video hide, and the strip of the browser's own controls while they show: those lie inside
   * the video, below any overlay.
   */
  #clip(): void {
    const hidden = this.#fullscreen ? noInsets : scrollInsets(this.#video, this.canvas);
    const own = getComputedStyle(this.#video).clipPath;
    for (const layer of this.#layers) {
      const strip = layer === this.canvas ? this.#controls.heightPx : 0;
      const bottom = Math.max(hidden.bottom, strip);
      const cut = Math.max(hidden.top, hidden.right, bottom, hidden.left) > 0;
      const clip = cut ? `inset(${hidden.top}px ${hidden.right}px ${bottom}px ${hidden.left}px)` : own;
      layer.style.setProperty('clip-path', clip, 'important');
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#listening.abort();
    this.#inDocument?.listening.abort();
    this.#resize?.disconnect();
    this.#mutation.disconnect();
    this.#pixels.dispose();
    this.#controls.dispose();
    this.#captions.dispose();
    this.#removeCanvas();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** Not in browsers without popovers: there a full-screen video shows natively, as nothing can cover it. */
function enterTopLayer(element: HTMLElement): void {
  if (!('showPopover' in element)) return;
  element.popover = 'manual';
  element.showPopover();
}
