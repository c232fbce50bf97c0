/** CSS pixels to cut from each edge of an element's box. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export const noInsets: Insets = { top: 0, right: 0, bottom: 0, left: 0 };

/**
 * How much of an overlay lies outside the scrollers that clip the video but not the overlay: an absolutely positioned element is
 * clipped by its containing block and what is above, and not by what lies between (CSS Overflow 3 §2).
 */
export function scrollInsets(video: HTMLElement, overlay: HTMLElement): Insets {
  const containing = overlay.offsetParent;
  const box = overlay.getBoundingClientRect();
  const scale = overlay.offsetWidth > 0 ? box.width / overlay.offsetWidth || 1 : 1;
  let insets = noInsets;
  for (let at = parentOf(video); at !== null && at !== containing; at = parentOf(at)) {
    // The viewport scrolls for these two, and takes the overlay along.
    if (at === at.ownerDocument.body || at === at.ownerDocument.documentElement) break;
    const { overflowX, overflowY } = getComputedStyle(at);
    if (overflowX === 'visible' && overflowY === 'visible') continue;
    const outer = at.getBoundingClientRect();
    const left = outer.left + at.clientLeft * scale;
    const top = outer.top + at.clientTop * scale;
    insets = {
      left: Math.max(insets.left, (left - box.left) / scale),
      top: Math.max(insets.top, (top - box.top) / scale),
      right: Math.max(insets.right, (box.right - left) / scale - at.clientWidth),
      bottom: Math.max(insets.bottom, (box.bottom - top) / scale - at.clientHeight),
    };
  }
  return insets;
}

function parentOf(element: Element): HTMLElement | null {
  if (element.parentElement) return element.parentElement;
  const tree = element.getRootNode();
  return tree instanceof ShadowRoot ? (tree.host as HTMLElement) : null; // Hosts with shadow trees are HTML elements.
}
