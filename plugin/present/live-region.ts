/** There for screen readers alone; nothing of the page moves. */
const hidden =
  'all: initial; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; pointer-events: none;';

/** Tells screen readers, politely, what the picture shows. In the page while there has been something to tell. */
export class LiveRegion {
  readonly #beside: HTMLElement;
  #element: HTMLElement | undefined;

  /** `beside`: the canvas, whose next sibling it becomes. */
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
    if (this.#element.parentNode !== beside.parentNode && beside.parentNode) beside.after(this.#element);
  }

  say(text: string): void {
    this.attach();
    if (this.#element) this.#element.textContent = text;
  }

  remove(): void {
    this.#element?.remove();
    this.#element = undefined;
  }
}
