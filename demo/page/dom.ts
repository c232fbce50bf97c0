/** An element of the page by id. @throws Error when markup and code have come apart. */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`index.html has no ${type.name} #${id}`);
}

/** The checked value of a group of radio buttons. */
export function checkedValue(group: HTMLFieldSetElement): string {
  return group.querySelector<HTMLInputElement>('input:checked')?.value ?? '';
}

/** Calls back whenever a choice of the group is made. */
export function onChoice(group: HTMLFieldSetElement, choose: (value: string) => void): void {
  group.addEventListener('change', () => choose(checkedValue(group)));
}
