import { disposeSymbol } from '../core/dispose.js';
import { objectFitRect, type Rect, type Size, sameTurn, snapRect, type Turn, upright } from '../core/geometry.js';
import { nowhere } from './canvas-presenter.js';
import { Clip, clippersOf } from './clip-chain.js';
import { type ContentBox, readContentBox } from './content-box.js';
import { DevicePixels } from './device-pixels.js';
import { Probes } from './geometry-probes.js';
import {
  hasLevel,
  isOutOfFlow,
  isRounded,
  isStacked,
  type Look,
  readLook,
  showsBelow,
  whatCannotMatch,
} from './look.js';
import { NativeCaptions } from './native-captions.js';
import { NativeControls } from './native-controls.js';
import { NativePicture } from './native-picture.js';
import { OverlayMount } from './overlay-mount.js';
import { PageWatch } from './page-watch.js';
import type { CanvasPlace, Presenter } from './presenter.js';
import { Styles } from './styles.js';
import { Twin } from './twin.js';
import { parseViewBox } from './view-box.js';

/** Changed by an animation or by a state of the page: read with each frame. */
const quick = ['opacity', 'transform', 'rotate', 'scale', 'translate', 'filter', 'clip-path', 'visibility'] as const;
/** Browsers lay out in these, zoomed (LayoutUnit): what lies between would be rounded, one way here and another there. */
const layoutUnit = 1 / 64;

/**
 * A canvas over a video, inside a twin of the video's box (`twin.ts`), which is placed by measuring, so that nothing of the page moves. Boxes
 * around it clip it as the page clips the video (`clip-chain.ts`). Where it hangs in the page, and what of the page lies above it, is the mount's
 * business (`overlay-mount.ts`). Goes into the top layer with a full-screen video. The browser's own captions are drawn above it, and its
 * own controls get a strip of it. Where two layers would look different from one, the native picture is out of sight while the canvas shows.
 *
 * Longer than other files: the one place where all these meet.
 */
export class OverlayPresenter implements Presenter {
  readonly canvas: HTMLCanvasElement;
  readonly overlay = true;
  readonly #video: HTMLVideoElement;
  readonly #onChange: () => void;
  /** What hangs in the page. Makes no box. */
  readonly #stage: HTMLElement;
  readonly #tree: ShadowRoot;
  readonly #twin: Twin;
  /** Tells how what contains the twin lies on the screen. */
  readonly #ruler: Probes;
  readonly #mount: OverlayMount;
  readonly #native: NativePicture;
  readonly #watch: PageWatch;
  readonly #pixels: DevicePixels;
  readonly #controls: NativeControls;
  readonly #captions: NativeCaptions;
  /** What lies over the video whatever shows. */
  #laid: HTMLElement | undefined;
  #clips: readonly Clip[] = [];
  #resize: ResizeObserver | undefined;
  readonly #mutation: MutationObserver;
  /** What is listened to of the document that the video is in: a video can move to another window's. */
  #inDocument: { readonly document: Document; readonly listening: AbortController } | undefined;
  #box: ContentBox | undefined;
  #look: Look = new Map();
  #turn: Turn = upright;
  /** CSS pixels, of the twin in what contains it. */
  #at = { left: 0, top: 0 };
  #seen: string | undefined;
  #spills = false;
  /** The native picture could not be hidden. */
  #stuck = false;
  #fullscreen = false;
  #shown = false;
  #disposed = false;

  constructor(video: HTMLVideoElement, onChange: () => void) {
    const { ownerDocument } = video;
    this.#video = video;
    this.#onChange = onChange;
    this.canvas = ownerDocument.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    this.canvas.dataset.vitreous = '';
    const changed = () => this.#update();
    this.#captions = new NativeCaptions(video, () => this.#captionsChanged());
    this.#twin = new Twin(this.canvas);
    this.#ruler = new Probes(ownerDocument, 'long');
    this.#stage = ownerDocument.createElement('vitreous-layer');
    this.#stage.dataset.vitreous = '';
    new Styles(this.#stage, { all: 'initial', display: 'contents' }, 'important');
    this.#tree = this.#stage.attachShadow({ mode: 'closed' });
    this.#tree.append(this.#ruler.root, this.#twin.root);
    this.#mount = new OverlayMount(video, this.#stage, changed);
    this.#native = new NativePicture(video);
    this.#twin.setCanvas('visibility', 'hidden');
    // Also told of when the canvas was taken out with a video that is back by now, whose own observer has seen no change.
    this.#pixels = new DevicePixels(this.canvas, () => {
      this.follow();
      onChange();
    });
    this.#controls = new NativeControls(video, changed);
    this.#watch = new PageWatch(video, () => this.follow());
    this.#mutation = new MutationObserver(changed);
    this.#mutation.observe(video, { attributes: true, attributeFilter: ['style', 'class', 'width', 'height'] });
    this.#update();
  }

  /** Listens to the document that the video is in now, and no longer to the one it was in. */
  #listenToDocument(): void {
    this.#watch.watch();
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
    this.#leavePage();
    document.adoptNode(this.#stage);
    if (this.#video.ownerDocument !== closing) this.#update();
  }

  get attached(): boolean {
    return this.#video.isConnected;
  }

  get unmatched(): string | undefined {
    if (this.#stuck) return 'mask: … !important, where the native picture would show through';
    if (this.#spills) return 'overflow: visible, with a picture that is larger than its box';
    if (this.#video.controls && showsBelow(this.#look))
      return "the browser's controls on a video with opacity, mask, blending or blur";
    return whatCannotMatch(this.#look);
  }

  place(picture: Size): CanvasPlace {
    const { inner, objectFit, objectPosition } = this.#box ?? this.#read();
    const canvas = this.#pixels.size;
    if (!this.attached || inner.width <= 0 || inner.height <= 0) return nowhere;
    const [scaleX, scaleY] = [canvas.width / inner.width, canvas.height / inner.height];
    const view = parseViewBox(this.#look.get('object-view-box') ?? '', picture);
    const part = objectFitRect(inner, view ?? picture, objectFit, objectPosition);
    const rect = view ? wholeOf(part, view, picture) : part;
    const visible = /visible/.test(`${this.#look.get('overflow-x')} ${this.#look.get('overflow-y')}`);
    this.#spills = visible && (part.width > inner.width + 1 || part.height > inner.height + 1);
    return {
      canvas,
      rect: snapRect(rect, scaleX, scaleY),
      clip: view && snapRect(part, scaleX, scaleY),
      pixelRatio: scaleX,
      turn: this.#turn,
    };
  }

  follow(): void {
    if (!this.#mount.inPlace || this.#seen !== this.#sight()) this.#update();
  }

  /** Where the video is, seen from the twin, and how it looks: changes when one does without the other. */
  #sight(): string {
    const video = this.#video.getBoundingClientRect();
    const places = [this.#twin.root, ...this.#clips.map(({ root }) => root)].map((element, i) => {
      const from = i === 0 ? video : this.#clips[i - 1]?.of.getBoundingClientRect();
      const { left, top, width, height } = element.getBoundingClientRect();
      return [(from?.left ?? 0) - left, (from?.top ?? 0) - top, from?.width, from?.height, width, height];
    });
    const { quarters, mirrored } = this.#twin.turn;
    const style = getComputedStyle(this.#video);
    const numbers = places.flat().map((length) => (length ?? 0).toFixed(2));
    return [...numbers, quarters, mirrored, ...quick.map((name) => style.getPropertyValue(name))].join(' ');
  }

  lay(element: HTMLElement | undefined): void {
    this.#laid?.remove();
    this.#laid = element;
    if (!element) return;
    this.#twin.add(element, true);
    this.#update();
  }

  show(): void {
    this.#shown = true;
    this.#update(false);
    if (this.#stuck) this.#onChange();
  }

  hide(): void {
    this.#shown = false;
    // Both in one task: at no moment is there neither.
    this.#native.show();
    this.#update(false);
  }

  /** The canvas shows in place of the video, not over it. */
  get #alone(): boolean {
    return this.#shown && showsBelow(this.#look);
  }

  /**
   * CSS pixels along round edges that are left to the native picture: pixels that such an edge covers in part look as they do only where they are
   * covered once.
   */
  get #edge(): number {
    return this.#alone ? 0 : 1;
  }

  /** Ours in the page while there are cues and the canvas covers the browser's. */
  #captionsChanged(): void {
    const wanted = this.#shown && this.#captions.active && this.#stage.isConnected;
    this.#captions.takeOver(wanted);
    const { root } = this.#captions;
    if (wanted) this.#twin.add(root, false);
    else root.remove();
  }

  #read(): ContentBox {
    return readContentBox(this.#video, getComputedStyle(this.#video));
  }

  #update(tell = true): void {
    if (this.#disposed) return;
    this.#listenToDocument();
    const video = this.#video;
    if (video.isConnected) this.#followVideo();
    else {
      this.#leavePage();
      this.#captionsChanged();
      this.#box = undefined;
    }
    if (tell) this.#onChange();
  }

  #followVideo(): void {
    const video = this.#video;
    const style = getComputedStyle(video);
    const parentDisplay = video.parentElement ? getComputedStyle(video.parentElement).display : '';
    const look = this.#native.bare(() => readLook(style));
    this.#look = look;
    const moved = this.#mount.place(isStacked(look, parentDisplay));
    if (moved) this.#fullscreen = false;
    this.#box = readContentBox(video, style);
    this.#standAlone();
    const fullscreen = video.ownerDocument.fullscreenElement === video;
    this.#twin.dress(this.#box, look, this.#alone, isRounded(style) ? this.#edge : 0);
    this.#twin.set('z-index', hasLevel(look, parentDisplay) ? style.zIndex : 'auto');
    this.#twin.set('visibility', style.visibility);
    this.#twin.setCanvas('visibility', this.#shown ? 'inherit' : 'hidden');
    this.#twin.cutBottom(this.#controls.heightPx);
    this.#takeClips(fullscreen ? [] : this.#clippers());
    this.#topLayer(fullscreen);
    this.#layOut(style);
    this.#captionsChanged();
    const { turn } = this.#twin;
    if (!sameTurn(turn, this.#turn)) this.#turn = turn;
    this.#seen = this.#sight();
  }

  #standAlone(): void {
    if (this.#alone) this.#stuck = !this.#native.hide();
    else {
      this.#native.show();
      if (!showsBelow(this.#look)) this.#stuck = false;
    }
  }

  #clippers(): readonly HTMLElement[] {
    if (getComputedStyle(this.#video).position === 'fixed') return [];
    return clippersOf(this.#video, this.#containing, isOutOfFlow(this.#look));
  }

  get #containing(): Element | null {
    return this.#ruler.root.offsetParent;
  }

  #takeClips(clippers: readonly HTMLElement[]): void {
    if (clippers.length === this.#clips.length && clippers.every((of, i) => of === this.#clips[i]?.of)) return;
    this.#clips = clippers.map((of) => new Clip(of));
    let inside: ParentNode = this.#tree;
    for (const { root } of this.#clips) {
      inside.append(root);
      inside = root;
    }
    inside.append(this.#twin.root);
    for (const child of [...this.#tree.children])
      if (child !== this.#ruler.root && !child.contains(this.#twin.root)) child.remove();
    this.#fullscreen = false;
  }

  /** A full-screen video is in the top layer, above everything of the page: only another top-layer element can cover it. */
  #topLayer(wanted: boolean): void {
    const { root } = this.#twin;
    if (wanted === this.#fullscreen && wanted === (root.popover !== null)) return;
    this.#fullscreen = wanted;
    if (wanted) enterTopLayer(root);
    else root.popover = null;
  }

  #leavePage(): void {
    this.#native.show();
    this.#fullscreen = false;
    this.#twin.root.popover = null;
    this.#mount.remove();
  }

  #layOut(style: CSSStyleDeclaration): void {
    const position = this.#fullscreen || style.position === 'fixed' ? 'fixed' : 'absolute';
    this.#twin.set('position', position);
    this.#twin.set('inset', 'auto');
    this.#ruler.root.style.position = position;
    const outer = zoomOf(this.#stage.parentElement ?? hostOf(this.#stage));
    let around = outer;
    for (const clip of this.#clips) {
      const own = zoomOf(clip.of);
      clip.update(own / around, this.#edge);
      around = own;
    }
    const own = zoomOf(this.#video, style);
    this.#twin.set('zoom', String(own / around));
    for (const clip of this.#clips) {
      const place = { left: 0, top: 0 };
      clip.move(0, 0);
      this.#meet(clip.of, clip.root, place, { own: zoomOf(clip.of), outer }, (left, top) => clip.move(left, top));
    }
    this.#meet(this.#video, this.#twin.root, this.#at, { own, outer }, (left, top) => {
      this.#twin.set('left', `${left}px`);
      this.#twin.set('top', `${top}px`);
    });
  }

  /**
   * Moves an element until its centre is that of another on screen: centres stay centres under any transform that the two share. Once is enough
   * but in perspective.
   *
   * @param at where it is, and will be
   * @param zoom of the element's own pixels, and of those of what contains all
   */
  #meet(
    other: Element,
    element: Element,
    at: { left: number; top: number },
    { own, outer }: { readonly own: number; readonly outer: number },
    move: (left: number, top: number) => void,
  ): void {
    move(at.left, at.top);
    const unit = layoutUnit / own;
    for (let step = 0; step < 3; step++) {
      const [from, to] = [element.getBoundingClientRect(), other.getBoundingClientRect()];
      const off = {
        x: to.left + to.width / 2 - from.left - from.width / 2,
        y: to.top + to.height / 2 - from.top - from.height / 2,
      };
      const local = this.#fullscreen ? off : this.#ruler.toLocal(off);
      if (!local) return;
      const [x, y] = [(local.x * outer) / own, (local.y * outer) / own];
      // What is off by less is right.
      if (Math.abs(x) < unit / 2 && Math.abs(y) < unit / 2) return;
      at.left = Math.round((at.left + x) / unit) * unit;
      at.top = Math.round((at.top + y) / unit) * unit;
      move(at.left, at.top);
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#inDocument?.listening.abort();
    this.#resize?.disconnect();
    this.#mutation.disconnect();
    this.#watch.dispose();
    this.#pixels.dispose();
    this.#controls.dispose();
    this.#captions.dispose();
    this.#leavePage();
  }

  [disposeSymbol](): void {
    this.dispose();
  }
}

/** Where a whole picture lies of which a part is seen. */
function wholeOf(part: Rect, view: Rect, picture: Size): Rect {
  const [scaleX, scaleY] = [part.width / view.width, part.height / view.height];
  return {
    x: part.x - view.x * scaleX,
    y: part.y - view.y * scaleY,
    width: picture.width * scaleX,
    height: picture.height * scaleY,
  };
}

function hostOf(element: Element): Element | undefined {
  const root = element.getRootNode();
  return 'host' in root ? (root as ShadowRoot).host : undefined; // No other root has a host.
}

/** CSS `zoom` of an element and what is around it (CSS Viewport 1 §6), or its own where the browser tells no more. */
function zoomOf(
  element: (Element & { readonly currentCSSZoom?: number }) | undefined,
  style?: CSSStyleDeclaration,
): number {
  return element?.currentCSSZoom ?? (Number.parseFloat(style?.zoom ?? '') || 1);
}

/** Not in browsers without popovers: there a full-screen video shows natively, as nothing can cover it. */
function enterTopLayer(element: HTMLElement): void {
  if (!('showPopover' in element)) return;
  element.popover = 'manual';
  element.showPopover();
}
