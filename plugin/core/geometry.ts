/** Width and height in pixels; which pixels, the name beside it says. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle; x to the right, y down. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}
