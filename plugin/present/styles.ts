/** Inline styles of one element, written only where they change. */
export class Styles {
  readonly #element: HTMLElement;
  readonly #priority: '' | 'important';
  readonly #set = new Map<string, string>();

  /** `important`: beats any rule of the page, for an element that its rules reach. */
  constructor(element: HTMLElement, base: Readonly<Record<string, string>>, priority: '' | 'important' = '') {
    this.#element = element;
    this.#priority = priority;
    for (const [name, value] of Object.entries(base)) this.set(name, value);
  }

  /** An empty value takes the property away. */
  set(name: string, value: string): void {
    if (this.#set.get(name) === value) return;
    this.#set.set(name, value);
    this.#element.style.setProperty(name, value, this.#priority);
  }
}
