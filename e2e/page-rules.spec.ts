import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/player.js'; // For the types of `window`.

/** What a page has around its video (`<video>` stands for it), and rules that depend on who stands where. */
const pages: Readonly<Record<string, { readonly html: string; readonly rules: string }>> = {
  'the controls right behind it': {
    html: '<div><video></video><div class="controls">play</div></div>',
    rules: 'video + .controls { color: red; margin: 7px }',
  },
  'controls over a positioned video': {
    html: '<div style="position: relative; height: 90px"><video style="position: absolute"></video><div class="controls" style="position: absolute; bottom: 0">play</div></div>',
    rules: 'video + .controls { color: red } .controls:nth-child(2):last-child { padding: 3px }',
  },
  'last child': { html: '<div><p>a</p><video></video></div>', rules: ':last-child { margin-bottom: 11px }' },
  'only child': {
    html: '<div><video></video></div>',
    rules: ':only-child { border: 3px solid; } :only-of-type { padding: 2px }',
  },
  'an only child, positioned': {
    html: '<div style="height: 99px"><video style="position: relative"></video></div>',
    rules: ':only-child { border: 3px solid }',
  },
  'every second child': {
    html: '<div><b>a</b><video style="opacity: .9"></video><b>b</b><b>c</b></div>',
    rules: ':nth-child(2n) { letter-spacing: 4px } :nth-last-child(2) { padding: 5px } b:nth-of-type(2) { color: red }',
  },
  "Tailwind's space-y-4, version 3": {
    html: '<div class="space"><video></video><p>a</p><p>b</p></div>',
    rules: '.space > :not([hidden]) ~ :not([hidden]) { margin-top: 16px } p { margin: 0 }',
  },
  "Tailwind's space-y-4, version 4": {
    html: '<div class="space"><p>a</p><video></video></div>',
    rules: 'p { margin: 0 } .space > :not(:last-child) { margin-bottom: 16px }',
  },
  'all children of a grid': {
    html: '<div style="display: grid; grid-template-columns: 1fr 1fr; gap: 9px"><video></video><p>a</p><p>b</p></div>',
    rules: 'div > * { outline: 1px solid; min-width: 20px }',
  },
  'a flex box with a video that has a level': {
    html: '<div style="display: flex; gap: 5px"><i>a</i> <video style="z-index: 1"></video> <i>b</i></div>',
    rules: 'div > * + * { color: red }',
  },
  'what the parent has': {
    html: '<div><video></video><p>a</p></div>',
    rules:
      'div:has(> canvas) { color: red } div:has(> :nth-child(3)) { padding: 9px } div:has(> video + p:last-child) { margin: 6px }',
  },
  'a figure': {
    html: '<figure><video></video><figcaption>a</figcaption></figure>',
    rules: 'video + figcaption { color: red } figure > :nth-child(2) { margin: 4px }',
  },
  'a link with nothing else in it': {
    html: '<p><a href="#"><video></video></a></p>',
    rules: 'a > :only-child { margin: 8px }',
  },
  'a cell of a table': {
    html: '<table><tr><td><video></video></td><td>a</td></tr></table>',
    rules: 'td > :last-child { margin: 8px }',
  },
  'a label': {
    html: '<ul><li><video></video><label>a</label></li></ul>',
    rules: 'video + label { color: red } li > :nth-child(3) { color: blue }',
  },
  'what children inherit by name': {
    html: '<div style="border-radius: 12px; padding: 3px; width: 50%; height: 120px"><video style="border-radius: inherit; padding: inherit"></video><p>a</p></div>',
    rules: 'p { padding: inherit; border-radius: inherit; height: inherit; width: inherit }',
  },
  'counters, zoom, underlines': {
    html: '<div style="zoom: 1.5; text-decoration: underline"><video></video><p>a</p></div>',
    rules: 'div { counter-reset: n } div > * { counter-increment: n } p::before { content: counter(n) }',
  },
  'text before an inline video': {
    html: '<div>words <i>more</i> <video style="display: inline-block"></video> words</div>',
    rules: 'i + video { margin: 3px }',
  },
  'children with slots of their own': {
    html: '<div><video></video><p slot="x">a</p></div>',
    rules: 'video:not(:first-child) { margin: 9px }',
  },
};

test("the page's own rules find its tree as it was", async ({ page }) => {
  await page.goto('/e2e/pages/player.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await page.evaluate(
    async (url) => {
      await window.showAt(url, 0.55);
      await window.enhanceVideo({ upscale: { quality: 'S', force: true, strength: 0 } });
    },
    await clip('64x36'),
  );
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [name, { html, rules }] of Object.entries(pages)) {
    const seen = await page.evaluate(
      async ([html, rules]) => {
        document.body.replaceChildren();
        document.body.insertAdjacentHTML('afterbegin', `<style>${rules}</style><main>${html}</main>`);
        const main = document.querySelector('main');
        const plain = document.querySelector('video');
        if (!main || !plain) throw new Error('no <video> among this');
        plain.style.width = '128px';
        plain.style.height = '72px';
        const properties = [
          'color',
          'margin',
          'padding',
          'border',
          'outline',
          'letter-spacing',
          'border-radius',
          'display',
          'zoom',
        ];
        const facts = () => ({
          elements: [...main.querySelectorAll('*')].map((element) => {
            const { x, y, width, height } = element.getBoundingClientRect();
            const style = getComputedStyle(element);
            const values = properties.map((property) => style.getPropertyValue(property));
            return [element.localName, [x, y, width, height].map((length) => length.toFixed(2)), ...values].join(' | ');
          }),
          scroll: [main.scrollWidth, main.scrollHeight],
          nodes: [...main.querySelectorAll('*')].map(({ childNodes }) => childNodes.length),
          canvases: document.querySelectorAll('canvas, [data-vitreous]').length,
          text: main.innerText,
        });
        const without = facts();
        window.video.style.cssText = plain.style.cssText;
        plain.replaceWith(window.video);
        const parent = window.video.parentElement;
        const observer = new MutationObserver(() => {});
        observer.observe(main, { childList: true, subtree: true });
        await window.redrawn();
        await window.reached('running');
        await window.redrawn();
        const records = observer.takeRecords().length;
        const canvas = window.enhanced?.canvas.getBoundingClientRect();
        const video = window.video.getBoundingClientRect();
        // The canvas lies over the content, which these pages leave in the middle of the box.
        const zoom = window.video.currentCSSZoom;
        const off = canvas && [
          canvas.x + canvas.width / 2 - video.x - video.width / 2,
          canvas.y + canvas.height / 2 - video.y - video.height / 2,
          canvas.width - 128 * zoom,
        ];
        const over = off?.every((length) => Math.abs(length) < 0.1);
        const withUs = facts();
        // The page goes on: what it adds is laid out at once, and found where it was put.
        const added = document.createElement('em');
        added.textContent = 'added';
        const heights = [];
        for (const place of ['append', 'prepend'] as const) {
          parent?.[place](added);
          heights.push(added.getClientRects().length > 0);
        }
        added.remove();
        return { without, withUs, over, records, heights };
      },
      [html, rules] as const,
    );
    found[name] = { ...seen.withUs, over: seen.over, records: seen.records, heights: seen.heights };
    wanted[name] = { ...seen.without, over: true, records: 0, heights: [true, true] };
  }
  expect(found).toEqual(wanted);
});
