import { disposeSymbol } from '../core/dispose.js';
import { objectFitRect, type Rect, type Size, snapRect } from '../core/geometry.js';
import { nowhere } from './canvas-presenter.js';
import { type ContentBox, readContentBox } from './content-box.js';
import { DevicePixels } from './device-pixels.js';
import { NativeCaptions } from './native-captions.js';
import { NativeControls } from './native-controls.js';
import type { Placement, Presenter } from './presenter.js';

/** What of the video's look the canvas takes over, so that a styled or animated player stays as it is. */
const mirrored = [
  'z-index',
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
  /** The canvas and what lies exactly over it. */
  readonly #layers: readonly HTMLElement[];
  readonly #resize: ResizeObserver;
  readonly #mutation: MutationObserver;
  readonly #listening = new AbortController();
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
    this.#layers = [this.canvas, this.#captions.root];
    for (const [name, value] of Object.entries(base)) this.#style(name, value);
    this.#style('visibility', 'hidden');
    this.#pixels = new DevicePixels(this.canvas, onChange);
    this.#controls = new NativeControls(video, () => this.#clip());
    const changed = () => this.#update();
    this.#resize = new ResizeObserver(changed);
    this.#resize.observe(video);
    this.#mutation = new MutationObserver(changed);
    this.#mutation.observe(video, { attributes: true, attributeFilter: ['style', 'class', 'width', 'height'] });
    const { signal } = this.#listening;
    const view = video.ownerDocument.defaultView;
    view?.addEventListener('resize', changed, { signal });
    video.ownerDocument.addEventListener('fullscreenchange', changed, { signal });
    video.addEventListener('transitionend', changed, { signal });
    video.addEventListener('animationend', changed, { signal });
    this.#update();
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
    const { offsetLeft, offsetTop, parentNode } = this.#video;
    const moved = this.#place !== `${offsetLeft} ${offsetTop}` || parentNode !== this.canvas.parentNode;
    if (moved) this.#update();
  }

  show(): void {
    this.#shown = true;
    this.#applyVisibility();
    this.#captionsChanged();
  }

  hide(): void {
    this.#shown = false;
    this.#style('visibility', 'hidden');
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

  /** As the video: hidden by its own style it hides the canvas too, hidden by an ancestor it takes the canvas along. */
  #applyVisibility(): void {
    const { parentElement } = this.#video;
    const own = getComputedStyle(this.#video).visibility;
    const inherited = parentElement ? getComputedStyle(parentElement).visibility : 'visible';
    this.#style('visibility', this.#shown ? (own === inherited ? 'inherit' : own) : 'hidden');
  }

  /** On the canvas and the captions alike. */
  #style(name: string, value: string): void {
    for (const { style } of this.#layers) style.setProperty(name, value, 'important');
  }

  #read(): ContentBox {
    return readContentBox(this.#video, getComputedStyle(this.#video));
  }

  #update(): void {
    if (this.#disposed) return;
    const video = this.#video;
    if (!video.isConnected) {
      this.canvas.remove();
      this.#captionsChanged();
      this.#box = undefined;
      this.#onChange();
      return;
    }
    if (this.canvas.parentNode !== video.parentNode) {
      this.#captions.root.remove();
      video.after(this.canvas);
    }
    this.#topLayer(video.ownerDocument.fullscreenElement === video);
    const computed = getComputedStyle(video);
    this.#box = readContentBox(video, computed);
    for (const name of mirrored) this.#style(name, computed.getPropertyValue(name));
    this.#applyVisibility();
    this.#lay(this.#box.inner, computed);
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

  #lay(inner: Rect, computed: CSSStyleDeclaration): void {
    const video = this.#video;
    this.#place = `${video.offsetLeft} ${video.offsetTop}`;
    this.#style('position', this.#fullscreen ? 'fixed' : 'absolute');
    this.#style('inset', 'auto');
    this.#style('width', `${inner.width}px`);
    this.#style('height', `${inner.height}px`);
    const [originX = 0, originY = 0] = computed.transformOrigin.split(' ').map(Number.parseFloat);
    this.#style('transform-origin', `${originX - inner.x}px ${originY - inner.y}px`);
    const left = video.offsetLeft + inner.x;
    const top = video.offsetTop + inner.y;
    this.#move(left, top);
    // offsetLeft is a whole number, and its origin is not always the containing block (CSSOM View §7): correct by what is seen.
    const videoRect = video.getBoundingClientRect();
    const canvasRect = this.canvas.getBoundingClientRect();
    if (video.offsetWidth === 0 || computed.transform !== 'none') return;
    const scaleX = videoRect.width / video.offsetWidth || 1;
    const scaleY = videoRect.height / video.offsetHeight || 1;
    this.#move(
      left + (videoRect.left - canvasRect.left) / scaleX + inner.x,
      top + (videoRect.top - canvasRect.top) / scaleY + inner.y,
    );
  }

  #move(left: number, top: number): void {
    this.#style('left', `${left}px`);
    this.#style('top', `${top}px`);
  }

  /** The browser's own controls lie inside the video, below any overlay: their strip is left free while they show. */
  #clip(): void {
    const stripPx = this.#controls.heightPx;
    const clip = stripPx > 0 ? `inset(0 0 ${stripPx}px 0)` : getComputedStyle(this.#video).clipPath;
    this.canvas.style.setProperty('clip-path', clip, 'important');
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#listening.abort();
    this.#resize.disconnect();
    this.#mutation.disconnect();
    this.#pixels.dispose();
    this.#controls.dispose();
    this.#captions.dispose();
    this.canvas.remove();
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
