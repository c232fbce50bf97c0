import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** Calls of each method that makes a WebGL object, since the page loaded. */
    glCalls: Record<string, number>;
    /** WebGL objects that have not been deleted. */
    liveGlObjects(): number;
  }
}

/** Counts WebGL objects made and deleted, from before the page's first script. */
export async function spyOnWebGl(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.glCalls = {};
    const live = new Set<unknown>();
    window.liveGlObjects = () => live.size;
    const { prototype } = WebGL2RenderingContext;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const makes = /^create|^fenceSync$|^texStorage/.test(name);
      if (!makes && !/^delete/.test(name)) continue;
      const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown; // The names are methods'.
      Reflect.set(prototype, name, function (this: object, ...args: unknown[]) {
        const made = original.apply(this, args);
        if (makes) window.glCalls[name] = (window.glCalls[name] ?? 0) + 1;
        if (makes && made !== undefined) live.add(made);
        if (!makes) live.delete(args[0]);
        return made;
      });
    }
  });
}
