import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** All elements that a selector finds, in shadow trees too: ours hang in closed ones. */
    everywhere(selector: 'canvas'): HTMLCanvasElement[];
    everywhere(selector: string): HTMLElement[];
  }
}

/** Opens every shadow tree that the page will make, so that tests, by `everywhere` and by locators, find what pages do not. */
export async function seeEverywhere(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { attachShadow } = Element.prototype;
    Element.prototype.attachShadow = function (options) {
      return attachShadow.call(this, { ...options, mode: 'open' });
    };
    const within = (root: ParentNode, selector: string): HTMLElement[] => [
      ...root.querySelectorAll<HTMLElement>(selector),
      ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => (shadowRoot ? within(shadowRoot, selector) : [])),
    ];
    // The overloads say which elements a selector finds.
    window.everywhere = ((selector: string) => within(document, selector)) as typeof window.everywhere;
  });
}
