/**
 * Toggles by a key while the focus is in an element: a tap toggles, and while the key is held down the other picture shows until it is
 * let go. Not while somebody types text, nor together with Ctrl, Alt or Meta.
 */
export class Hotkey {
  readonly #key: string;
  readonly #toggle: () => void;
  readonly #listening = new AbortController();
  #down = false;
  #held = false;

  /** `key`: as `KeyboardEvent.key` has it, upper and lower case alike (UI Events §4.3). */
  constructor(target: EventTarget, key: string, toggle: () => void) {
    this.#key = key.toLowerCase();
    this.#toggle = toggle;
    // On the way down: players' controls keep to themselves what bubbles.
    const options = { signal: this.#listening.signal, capture: true };
    // Events of the DOM by these names are of these types.
    target.addEventListener('keydown', (event) => this.#onDown(event as KeyboardEvent), options);
    target.addEventListener('keyup', (event) => this.#onUp(event as KeyboardEvent), options);
    // The key that is let go elsewhere is not heard here.
    target.addEventListener('focusout', () => this.#release(), options);
  }

  #onDown(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== this.#key || event.defaultPrevented) return;
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    event.preventDefault();
    if (event.repeat) this.#held ||= this.#down;
    else {
      this.#down = true;
      this.#toggle();
    }
  }

  #onUp(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === this.#key) this.#release();
  }

  #release(): void {
    const wasHeld = this.#held;
    this.#down = false;
    this.#held = false;
    if (wasHeld) this.#toggle();
  }

  dispose(): void {
    this.#listening.abort();
  }
}

const textFields = 'input:not([type=button i], [type=checkbox i], [type=radio i], [type=range i]), textarea, select';

function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  if (!target || !('matches' in target)) return false;
  const element = target as HTMLElement; // Keys are typed into HTML elements.
  return element.isContentEditable || element.matches(textFields);
}
