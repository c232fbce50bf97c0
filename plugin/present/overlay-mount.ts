import { type HostedLayer, ShadowHost } from './shadow-host.js';

/**
 * Keeps a layer in the page over a video or a canvas, without anything in the page's own tree where that can be: in a shadow tree of its parent, or
 * of what is around that. Else as its next sibling.
 */
export class OverlayMount {
  readonly #over: HTMLElement;
  readonly #layer: HostedLayer;
  #host: ShadowHost | undefined;
  #parent: ParentNode | null = null;
  #stacked = false;

  constructor(over: HTMLElement, element: HTMLElement, onChange: () => void) {
    this.#over = over;
    this.#layer = { element, over, stacked: false, onChange };
  }

  /** Nothing of it is in the page's own tree. */
  get unseen(): boolean {
    return this.#host !== undefined;
  }

  /** Where `place` has put it: cheap. */
  get inPlace(): boolean {
    const [over, { element }] = [this.#over, this.#layer];
    if (!over.isConnected) return !element.isConnected;
    if (over.parentNode !== this.#parent) return false;
    if (this.#host) return this.#host.has(this.#layer) && this.#host.childOf(this.#layer) !== undefined;
    const later = (over.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    return later && element.parentNode === over.parentNode;
  }

  /** Puts the layer where it belongs. `stacked`: what it lies over is painted among what is positioned. True where it was elsewhere. */
  place(stacked: boolean): boolean {
    if (this.inPlace && stacked === this.#stacked) return this.#takeSlot();
    const former = this.#layer.element.parentNode;
    const host = this.#findHost(stacked);
    if (host !== this.#host) this.remove();
    this.#host = host;
    this.#stacked = stacked;
    this.#layer.stacked = stacked;
    this.#parent = this.#over.parentNode;
    if (host) {
      this.#layer.element.removeAttribute('slot');
      host.put(this.#layer);
    } else {
      this.#takeSlot();
      if (!this.inPlace) this.#over.after(this.#layer.element);
    }
    return this.#layer.element.parentNode !== former;
  }

  /** Inside a component that shows its children by slots, only what is in that element's own slot is seen with it. */
  #takeSlot(): false {
    const [{ slot }, { element }] = [this.#over, this.#layer];
    if (!this.#host && element.slot !== slot) element.slot = slot;
    return false;
  }

  #findHost(stacked: boolean): ShadowHost | undefined {
    const over = this.#over;
    for (let at = over.parentElement; at; at = at.parentElement) {
      const host = ShadowHost.of(at);
      if (host) {
        const child = host.childOf(this.#layer);
        const fits = !stacked || (child === over && (!over.nextElementSibling || host.canSplitAfter(over)));
        return fits ? host : undefined;
      }
      // Further up the layer would not be behind what is stacked, and what is between must not concern it.
      if (stacked || !isPlain(at)) return undefined;
    }
    return undefined;
  }

  remove(): void {
    const { element } = this.#layer;
    this.#host?.remove(this.#layer);
    this.#host = undefined;
    // Without its slot: a component that watches its slots would take it for the video that is removed.
    element.removeAttribute('slot');
    element.remove();
  }
}

/** What changes nothing of how something positioned in it is laid out and drawn, but for clipping. */
function isPlain(element: Element): boolean {
  if (element.shadowRoot || element.localName.includes('-') || element.hasAttribute('slot')) return false;
  if (element === element.ownerDocument.documentElement) return false;
  const style = getComputedStyle(element);
  return (
    style.position === 'static' &&
    style.zIndex === 'auto' &&
    style.opacity === '1' &&
    style.mixBlendMode === 'normal' &&
    style.isolation === 'auto' &&
    style.willChange === 'auto' &&
    !/paint|layout|strict|content/.test(style.contain) &&
    [style.transform, style.rotate, style.scale, style.translate, style.filter, style.backdropFilter].every(isNone) &&
    [style.clipPath, style.maskImage, style.perspective, style.getPropertyValue('view-transition-name')].every(
      isNone,
    ) &&
    style.transformStyle !== 'preserve-3d' &&
    !/auto|hidden/.test(style.getPropertyValue('content-visibility')) &&
    !/size/.test(style.containerType)
  );
}

const isNone = (value: string | undefined) => value === undefined || value === '' || value === 'none';
