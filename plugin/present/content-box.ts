import type { Rect, Size } from '../core/geometry.js';

/** What of an element's computed style decides where its content is and what it looks like, read at one moment. */
export interface ContentBox {
  /** Content box from the element's border box, CSS pixels, before any transform. */
  readonly inner: Rect;
  /** Size of the border box, with its fraction. */
  readonly outer: Size;
  readonly objectFit: string;
  readonly objectPosition: string;
}

const px = (value: string): number => Number.parseFloat(value) || 0;

/** Reads the content box of a replaced element. Empty where it is not rendered. */
export function readContentBox(element: HTMLElement, style: CSSStyleDeclaration): ContentBox {
  const x = px(style.borderLeftWidth) + px(style.paddingLeft);
  const y = px(style.borderTopWidth) + px(style.paddingTop);
  const frameX = x + px(style.paddingRight) + px(style.borderRightWidth);
  const frameY = y + px(style.paddingBottom) + px(style.borderBottomWidth);
  const borderBox = style.boxSizing === 'border-box';
  const rendered = element.offsetWidth > 0 && element.offsetHeight > 0;
  // The used size with its fraction (CSSOM §9: resolved value of width); offsetWidth is rounded.
  const width = px(style.width) - (borderBox ? frameX : 0);
  const height = px(style.height) - (borderBox ? frameY : 0);
  return {
    inner: { x, y, width: rendered ? Math.max(0, width) : 0, height: rendered ? Math.max(0, height) : 0 },
    outer: { width: width + frameX, height: height + frameY },
    objectFit: style.objectFit,
    objectPosition: style.objectPosition,
  };
}
