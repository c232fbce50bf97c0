/** What may change how a page looks, beside its tree: states of elements, style sheets and pictures that arrive, animations. */
const stirring = [
  ...['pointerover', 'pointerout', 'pointerdown', 'pointerup', 'focusin', 'focusout'],
  ...['change', 'input', 'toggle', 'load'],
  ...['transitionrun', 'transitionend', 'transitioncancel', 'animationstart', 'animationend', 'animationcancel'],
] as const;

/**
 * Tells, once a frame at most, when the page around an element may have changed its look or its place: on any change of the trees that the element is in,
 * on events after which other rules may apply, and while something is animated. Costs nothing while the page stands still.
 */
export class PageWatch {
  readonly #element: Element;
  readonly #onStir: () => void;
  readonly #mutation = new MutationObserver(() => this.#stir());
  #listening: AbortController | undefined;
  #roots: readonly (Document | ShadowRoot)[] = [];
  #requested: { readonly view: Window; readonly id: number } | undefined;

  constructor(element: Element, onStir: () => void) {
    this.#element = element;
    this.#onStir = onStir;
  }

  /** Watches the trees that the element is in now. */
  watch(): void {
    const roots = rootsAround(this.#element);
    if (roots.length === this.#roots.length && roots.every((root, i) => root === this.#roots[i])) return;
    this.#stop();
    this.#roots = roots;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const root of roots) {
      this.#mutation.observe(root, { attributes: true, childList: true, characterData: true, subtree: true });
      for (const type of stirring)
        root.addEventListener(type, () => this.#stir(), { signal, capture: true, passive: true });
    }
  }

  #stir(): void {
    if (this.#requested) return;
    const view = this.#element.ownerDocument.defaultView;
    if (!view) return;
    const id = view.requestAnimationFrame(() => {
      this.#requested = undefined;
      this.#onStir();
      if (this.#animated) this.#stir();
    });
    this.#requested = { view, id };
  }

  /** Something moves that may move the element, or lies around it and never ends. */
  get #animated(): boolean {
    const animations = this.#roots.flatMap((root) => root.getAnimations());
    return animations.some(({ playState, effect }) => {
      if (playState !== 'running' || !(effect && 'target' in effect)) return false;
      const { target } = effect as KeyframeEffect; // The only effects with a target.
      const around = target !== null && isAround(target, this.#element);
      return around || effect.getComputedTiming().endTime !== Number.POSITIVE_INFINITY;
    });
  }

  #stop(): void {
    this.#mutation.disconnect();
    this.#listening?.abort();
    this.#roots = [];
    if (this.#requested) this.#requested.view.cancelAnimationFrame(this.#requested.id);
    this.#requested = undefined;
  }

  dispose(): void {
    this.#stop();
  }
}

function rootsAround(element: Element): (Document | ShadowRoot)[] {
  const roots: (Document | ShadowRoot)[] = [];
  for (let root = element.getRootNode(); ; root = (root as ShadowRoot).host.getRootNode()) {
    if (root.nodeType === Node.DOCUMENT_NODE) return [...roots, root as Document]; // By its node type.
    if (!('host' in root)) return roots;
    roots.push(root as ShadowRoot); // No other fragment has a host.
  }
}

function isAround(outer: Element, inner: Element): boolean {
  for (let at: Node | null = inner; at; at = at.parentNode ?? ('host' in at ? (at as ShadowRoot).host : null))
    if (at === outer) return true;
  return false;
}
