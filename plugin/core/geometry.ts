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

export function sameSize(a: Size | undefined, b: Size | undefined): boolean {
  return a !== undefined && b !== undefined && a.width === b.width && a.height === b.height;
}

/** The whole pixels of a rectangle that lie on a canvas, and in another rectangle where there is one. May be empty or negative. */
export function pixelsInside(canvas: Size, rect: Rect, clip: Rect | undefined): Rect {
  const [a, b] = [rect, clip ?? rect];
  const x = Math.max(0, Math.round(Math.max(a.x, b.x)));
  const y = Math.max(0, Math.round(Math.max(a.y, b.y)));
  const right = Math.min(canvas.width, Math.round(Math.min(a.x + a.width, b.x + b.width)));
  const bottom = Math.min(canvas.height, Math.round(Math.min(a.y + a.height, b.y + b.height)));
  return { x, y, width: right - x, height: bottom - y };
}

/** How a picture lies on the screen, to the nearest quarter turn: first mirrored left to right, then turned clockwise. */
export interface Turn {
  readonly quarters: number;
  readonly mirrored: boolean;
}

export const upright: Turn = { quarters: 0, mirrored: false };

export function sameTurn(a: Turn, b: Turn): boolean {
  return a.quarters === b.quarters && a.mirrored === b.mirrored;
}

/** The turn nearest to a linear map, given by where it takes a step to the right and a step down. A map that flattens everything is taken as none. */
export function nearestTurn(right: { x: number; y: number }, down: { x: number; y: number }): Turn {
  const determinant = right.x * down.y - right.y * down.x;
  if (determinant === 0 || Number.isNaN(determinant)) return upright;
  const mirrored = determinant < 0;
  const sign = mirrored ? -1 : 1;
  // Of all rotations the nearest one (least squares): both steps say where it takes them.
  const angle = Math.atan2(sign * right.y - down.x, sign * right.x + down.y);
  return { quarters: (Math.round(angle / (Math.PI / 2)) + 4) % 4, mirrored };
}

/** One coordinate of CSS `object-position`: a fraction of the free space plus CSS pixels. */
export interface PositionOffset {
  readonly fraction: number;
  readonly px: number;
}

const term = /([+-]?)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|px)/gi;

/** Reads a computed `<length-percentage>`: `50%`, `12px`, `calc(50% - 8px)`. */
function parseOffset(text: string): PositionOffset {
  let fraction = 0;
  let px = 0;
  for (const [, sign, digits, unit] of text.matchAll(term)) {
    const value = Number(digits) * (sign === '-' ? -1 : 1);
    if (unit === '%') fraction += value / 100;
    else px += value;
  }
  return { fraction, px };
}

/** Reads the computed value of `object-position`, which is always two lengths or percentages (CSS Images 3 §5.2). */
export function parseObjectPosition(computed: string): readonly [PositionOffset, PositionOffset] {
  const center = { fraction: 0.5, px: 0 };
  const parts = computed.match(/calc\([^)]*\)|\S+/g) ?? [];
  const [x, y] = parts;
  return [x === undefined ? center : parseOffset(x), y === undefined ? center : parseOffset(y)];
}

/**
 * Where a replaced element's picture lies in its content box (CSS Images 3 §5.1), in the unit of `box` and `picture`. May reach
 * beyond the box, which then clips it.
 */
export function objectFitRect(box: Size, picture: Size, fit: string, position: string): Rect {
  const contain = Math.min(box.width / picture.width, box.height / picture.height);
  const cover = Math.max(box.width / picture.width, box.height / picture.height);
  const scales: Readonly<Record<string, number>> = {
    contain,
    cover,
    none: 1,
    'scale-down': Math.min(1, contain),
  };
  const scale = scales[fit];
  const width = scale === undefined ? box.width : picture.width * scale;
  const height = scale === undefined ? box.height : picture.height * scale;
  const [x, y] = parseObjectPosition(position);
  return {
    x: (box.width - width) * x.fraction + x.px,
    y: (box.height - height) * y.fraction + y.px,
    width,
    height,
  };
}

/** A rectangle in CSS pixels as whole device pixels: each edge is rounded, as browsers snap a video's picture. */
export function snapRect(rect: Rect, scaleX: number, scaleY: number): Rect {
  const left = Math.round(rect.x * scaleX);
  const top = Math.round(rect.y * scaleY);
  return {
    x: left,
    y: top,
    width: Math.round((rect.x + rect.width) * scaleX) - left,
    height: Math.round((rect.y + rect.height) * scaleY) - top,
  };
}
