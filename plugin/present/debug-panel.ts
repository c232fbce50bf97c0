/** Dark behind white, so that it can be read over any picture; as large as fits a small player. */
const panel =
  'position: absolute; inset: 0 auto auto 0; box-sizing: border-box; max-width: 100%; max-height: 100%; overflow: hidden; ' +
  'padding: 0.4em 0.6em; background: rgb(0 0 0 / 0.75); color: white; direction: ltr; text-align: left; ' +
  'font: clamp(7px, min(2.5cqw, 4.5cqh), 13px) / 1.3 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere;';

/** Lines of text in a corner of what its root lies over. Not for screen readers: it changes four times a second. */
export class DebugPanel {
  /** To be laid over the picture. */
  readonly root: HTMLElement;
  readonly #text: HTMLElement;

  constructor(document: Document) {
    this.root = document.createElement('div');
    this.root.setAttribute('aria-hidden', 'true');
    this.root.dataset.vitreous = 'debug';
    this.#text = document.createElement('div');
    this.#text.style.cssText = panel;
    // Out of reach of the page's style sheets.
    this.root.attachShadow({ mode: 'open' }).append(this.#text);
  }

  get text(): string {
    return this.#text.textContent;
  }

  set text(text: string) {
    this.#text.textContent = text;
  }
}
