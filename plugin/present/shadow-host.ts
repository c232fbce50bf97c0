/** Elements that can have a shadow tree (DOM §4.9, attachShadow). */
const ableToHost: ReadonlySet<string> = new Set(
  'article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span'.split(' '),
);

/** What a slot must not pass on, or have twice, beside what it hands down from the host for children that say `inherit`. */
const slotStyle =
  'all: inherit; display: contents; zoom: 1; transition: none; animation: none; counter-reset: none; counter-increment: none; counter-set: none; ' +
  'text-decoration: none; unicode-bidi: normal; container-type: normal; container-name: none; view-transition-name: none; anchor-name: none; ' +
  'content-visibility: visible; scroll-timeline-name: none; view-timeline-name: none; timeline-scope: none;';

const ours = 'vitreous-';

/** A layer over a child of a host, or over something in it. */
export interface HostedLayer {
  readonly element: HTMLElement;
  /** What it lies over. */
  readonly over: Element;
  /** Painted among what is positioned: the layer comes right behind it. Else it comes before all that is positioned. */
  stacked: boolean;
  /** Children have come or gone. */
  readonly onChange: () => void;
}

const hosts = new WeakMap<Element, ShadowHost>();
const refused = new WeakSet<Element>();

/**
 * Layers in a closed shadow tree of an element of the page, whose children are shown through slots in their own order: selectors, `children`,
 * observers and frameworks see the page's tree as it was. A shadow tree stays for good: without layers it is one slot.
 */
export class ShadowHost {
  readonly #host: Element;
  readonly #root: ShadowRoot;
  readonly #layers = new Set<HostedLayer>();
  readonly #slots = new Map<string, HTMLSlotElement>();
  /** Children that have a slot's name from here. */
  #named = new Set<Element>();
  #observer: MutationObserver | undefined;

  private constructor(host: Element, root: ShadowRoot) {
    this.#host = host;
    this.#root = root;
    this.#arrange();
  }

  /** Undefined: it cannot have one, or has one of its own. */
  static of(host: Element): ShadowHost | undefined {
    const known = hosts.get(host);
    if (known) return known;
    if (!ableToHost.has(host.localName) || refused.has(host) || host.shadowRoot || host.hasAttribute('is'))
      return undefined;
    // Children with a slot of their own wait for another tree.
    if ([...host.children].some(({ slot }) => slot !== '' && !slot.startsWith(ours))) return undefined;
    try {
      return keepingAnimations(host, () => {
        const made = new ShadowHost(host, host.attachShadow({ mode: 'closed' }));
        hosts.set(host, made);
        return made;
      });
    } catch {
      refused.add(host); // It has a closed one.
      return undefined;
    }
  }

  has(layer: HostedLayer): boolean {
    return this.#layers.has(layer) && layer.element.parentNode === this.#root;
  }

  put(layer: HostedLayer): void {
    this.#layers.add(layer);
    if (!this.#observer) {
      this.#observer = new MutationObserver(() => {
        this.#rearrange();
        for (const { onChange } of this.#layers) onChange();
      });
      this.#observer.observe(this.#host, { childList: true });
    }
    this.#rearrange();
  }

  remove(layer: HostedLayer): void {
    if (!this.#layers.delete(layer)) return;
    if (layer.element.parentNode === this.#root) layer.element.remove();
    if (this.#layers.size === 0) {
      this.#observer?.disconnect();
      this.#observer = undefined;
    }
    this.#rearrange();
  }

  /** Whether a layer can come right behind this child: all up to it go into a slot of their own, which text cannot. */
  canSplitAfter(child: Element): boolean {
    const { display } = getComputedStyle(this.#host);
    let space = false;
    let inline = /inline/.test(getComputedStyle(child).display);
    let elements = 0;
    for (const node of this.#host.childNodes) {
      if (node === child) break;
      if (node.nodeType === Node.TEXT_NODE) {
        if (/\S/.test(node.textContent ?? '')) return false;
        space = true;
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        elements++;
        const { display, position, float } = getComputedStyle(node as Element); // By its node type.
        inline ||= /inline|ruby/.test(display) && !/absolute|fixed/.test(position) && float === 'none';
      }
    }
    // Space between blocks, at the start of a line and in flex or grid containers is nothing.
    return !space || !inline || elements === 0 || /flex|grid/.test(display);
  }

  /** The child that holds what a layer lies over. */
  childOf({ over }: HostedLayer): Element | undefined {
    let at: Element | null = over;
    while (at && at.parentElement !== this.#host) at = at.parentElement;
    return at ?? undefined;
  }

  #rearrange(): void {
    keepingAnimations(this.#host, () => this.#arrange());
  }

  #arrange(): void {
    const before: Element[] = [];
    const after: Element[] = [];
    const behind = new Map<Element, HTMLElement[]>();
    for (const layer of this.#layers) {
      const child = this.childOf(layer);
      const last = !child?.nextElementSibling;
      // Whether it is stacked or not: a child that goes from slot to slot loses its transitions, and it is they that stack and unstack it.
      const splits = child === layer.over && !last && this.canSplitAfter(child);
      if (splits && !behind.has(child)) behind.set(child, []);
      if (!layer.stacked || !child || (!last && !splits)) before.push(layer.element);
      else if (last) after.push(layer.element);
      else behind.get(child)?.push(layer.element);
    }
    const parts: Element[] = [...before];
    const names = new Map<Element, string>();
    let pending: Element[] = [];
    let count = 0;
    for (const child of this.#host.children) {
      pending.push(child);
      const layers = behind.get(child);
      if (!layers) continue;
      const name = `${ours}${count++}`;
      for (const each of pending) names.set(each, name);
      parts.push(this.#slot(name), ...layers);
      pending = [];
    }
    parts.push(this.#slot(''), ...after);
    // Elsewhere the name would be that of no slot.
    for (const child of this.#named)
      if (!names.has(child) && child.slot.startsWith(ours)) child.removeAttribute('slot');
    this.#named = new Set(names.keys());
    const others = new Set<string>();
    for (const child of this.#host.children) {
      const { slot } = child;
      const name = names.get(child);
      if (slot !== '' && !slot.startsWith(ours)) others.add(slot);
      else if (name !== undefined && name !== slot) child.slot = name;
    }
    for (const name of others) parts.push(this.#slot(name));
    this.#show(parts);
  }

  /** Moves nothing that is in its place: a canvas that moves loses its picture for a moment. */
  #show(parts: readonly Element[]): void {
    for (const child of [...this.#root.children]) if (!parts.includes(child)) child.remove();
    let at = this.#root.firstElementChild;
    for (const part of parts) {
      if (part === at) at = at.nextElementSibling;
      else if (part.parentNode === this.#root && 'moveBefore' in this.#root) this.#root.moveBefore(part, at);
      else this.#root.insertBefore(part, at);
    }
  }

  #slot(name: string): HTMLSlotElement {
    const known = this.#slots.get(name);
    if (known) return known;
    const slot = this.#host.ownerDocument.createElement('slot');
    if (name !== '') slot.name = name;
    slot.style.cssText = slotStyle;
    this.#slots.set(name, slot);
    return slot;
  }
}

/** What goes to another slot begins its CSS animations anew: they go on where they were. */
function keepingAnimations<T>(host: Element, change: () => T): T {
  const kept = new Map<string, CSSNumberish>();
  const targets: (Element | null)[] = [];
  const keyOf = (animation: Animation): string | undefined => {
    if (!('animationName' in animation) || !(animation.effect instanceof KeyframeEffect)) return undefined;
    const { target, pseudoElement } = animation.effect;
    if (!targets.includes(target)) targets.push(target);
    return `${targets.indexOf(target)} ${pseudoElement} ${animation.animationName}`;
  };
  const all = () => ('getAnimations' in host ? host.getAnimations({ subtree: true }) : []);
  for (const animation of all()) {
    const [key, time] = [keyOf(animation), animation.currentTime];
    if (key !== undefined && time !== null) kept.set(key, time);
  }
  const result = change();
  if (kept.size === 0) return result;
  for (const animation of all()) {
    const time = kept.get(keyOf(animation) ?? '');
    // Those of scrolling have no time of their own.
    if (time !== undefined && animation.timeline instanceof DocumentTimeline && animation.currentTime !== time)
      animation.currentTime = time;
  }
  return result;
}
