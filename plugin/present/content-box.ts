import type { Rect } from '../core/geometry.js';

/** What of an element's computed style decides where its content is and what it looks like, read at one moment. */
export interface ContentBox {
  /** Content box from the element's border box, CSS pixels, before any transform. */
  readonly inner: Rect;
  readonly objectFit: string;
  readonly objectPosition: string;
}

const px = (value: string): number => Number.parseFloat(value) || 0;

/** Reads the content box of a replaced element. Empty where it is not rendered. */
export function readContentBox(element: HTMLElement, style: CSSStyleDeclaration): ContentBox {
  const x = px(style.borderLeftWidth) + px(style.paddingLeft);
  const y = px(style.borderTopWidth) + px(style.paddingTop);
  const borderBox = style.boxSizing === 'border-box';
  const rendered = element.offsetWidth > 0 && element.offsetHeight > 0;
  // The used size with its fraction (CSSOM §9: resolved value of width); offsetWidth is rounded.
  const width = px(style.width) - (borderBox ? x + px(style.paddingRight) + px(style.borderRightWidth) : 0);
  const height = px(style.height) - (borderBox ? y + px(style.paddingBottom) + px(style.borderBottomWidth) : 0);
  return {
    inner: { x, y, width: rendered ? Math.max(0, width) : 0, height: rendered ? Math.max(0, height) : 0 },
    objectFit: style.objectFit,
    objectPosition: style.objectPosition,
  };
}
