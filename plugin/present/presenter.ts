import type { DisposableResource } from '../core/dispose.js';
import type { Rect, Size, Turn } from '../core/geometry.js';

/** How a picture of a given size lies on the canvas right now. */
export interface CanvasPlace {
  /** The canvas's bitmap, device pixels; zero where nothing can be seen. */
  readonly canvas: Size;
  /** The picture's rectangle on it, device pixels, edges whole; may reach beyond the canvas. */
  readonly rect: Rect;
  /** Where on the canvas the picture shows, device pixels; undefined: all over its rectangle. */
  readonly clip?: Rect | undefined;
  /** Device pixels a CSS pixel. */
  readonly pixelRatio: number;
  /** How the canvas lies on the screen; undefined: upright. */
  readonly turn?: Turn | undefined;
}

/** A canvas and its place on the page. */
export interface Presenter extends DisposableResource {
  readonly canvas: HTMLCanvasElement;
  /** There is a native picture below that shows while the canvas is hidden. */
  readonly overlay: boolean;
  /** What of the page's styles cannot be matched, for messages; undefined: nothing. */
  readonly unmatched?: string | undefined;
  /** False while the element is not in a document. */
  readonly attached: boolean;
  /** Where a picture with these natural dimensions (CSS pixels) lies. */
  place(picture: Size): CanvasPlace;
  /** Follows what moves without telling: cheap, for once a frame. */
  follow(): void;
  /**
   * Lays an element exactly over the picture, above the canvas, whether that is shown or not; undefined takes it away again. Absent: the
   * picture is not on the page.
   */
  lay?(element: HTMLElement | undefined): void;
  show(): void;
  hide(): void;
}
