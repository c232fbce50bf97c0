import { OverlayMount } from './overlay-mount.js';

/** There for screen readers alone; nothing of the page moves. */
const hidden =
  'all: initial; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; pointer-events: none;';

/** Tells screen readers, politely, what the picture shows. In the page while there has been something to tell. */
export class LiveRegion {
  readonly #beside: HTMLElement;
  #element: HTMLElement | undefined;
  #mount: OverlayMount | undefined;

  /** `beside`: the canvas. */
  constructor(beside: HTMLElement) {
    this.#beside = beside;
  }

  /** Puts the region into the page: readers announce only what changes in one that is there already. */
  attach(): void {
    const beside = this.#beside;
    if (!this.#element) {
      this.#element = beside.ownerDocument.createElement('div');
      this.#element.setAttribute('role', 'status');
      this.#element.setAttribute('aria-live', 'polite');
      this.#element.dataset.vitreous = 'status';
      this.#element.style.cssText = hidden;
    }
    this.#mount ??= new OverlayMount(beside, this.#element, () => {});
    if (beside.isConnected) this.#mount.place(false);
  }

  say(text: string): void {
    this.attach();
    if (this.#element) this.#element.textContent = text;
  }

  remove(): void {
    this.#mount?.remove();
    this.#mount = undefined;
    this.#element = undefined;
  }
}
