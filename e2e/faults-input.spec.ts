import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/element.js'; // For the types of `window`.
import { openPlayer } from './player.js';

const models = join(import.meta.dirname, '../models');

/** Serves the models' folder by CORS to whoever asks; `/away/…` leads to another origin. */
class OtherOrigin {
  readonly asked: string[] = [];
  away = '';
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://x');
      this.asked.push(pathname);
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Access-Control-Allow-Headers', 'Range');
      if (request.method === 'OPTIONS') response.end();
      else if (pathname.startsWith('/away/'))
        response.writeHead(302, { Location: this.away + pathname.slice(5) }).end();
      else response.end(readFileSync(join(models, pathname)));
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // It listens on a port.
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

fault(
  'input',
  'a model of another origin, by URL or by a redirect',
  'model-origin, before anything is asked of it; it runs where the page lists its origin',
  async ({ page }) => {
    const [trusted, other] = [new OtherOrigin(), new OtherOrigin()];
    try {
      const [trustedOrigin, otherOrigin] = [await trusted.open(), await other.open()];
      trusted.away = otherOrigin;
      await openPlayer(page, '64x36', { width: 128, height: 72 });
      const result = await page.evaluate(
        async ([trustedOrigin, otherOrigin]) => {
          const upscale = (manifestUrl: string) => ({ quality: { manifestUrl }, force: true });
          const codeOf = async (url: string, modelOrigins?: string[]) => {
            try {
              await window.enhanceVideo({ upscale: upscale(url), ...(modelOrigins ? { modelOrigins } : {}) });
              return 'taken';
            } catch (thrown) {
              return thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown);
            }
          };
          const manifest = '/mobilevit-sr/S/manifest.json';
          const unlisted = await codeOf(otherOrigin + manifest);
          const data = await codeOf('data:application/json,{}');
          const redirected = await codeOf(`${trustedOrigin}/away${manifest}`, [trustedOrigin]);
          const canvases = window.everywhere('canvas').length;
          const listed = await codeOf(trustedOrigin + manifest, [trustedOrigin]);
          const { tier } = window.enhanced?.stats ?? {};
          // While running: the picture goes on.
          const failed = window.nextEvent('stagefailure');
          window.enhanced?.set({
            detect: { model: { clipUrl: `${otherOrigin}/clip/testdata/quick/` }, prompts: ['dog'] },
          });
          const { code, stage } = await failed;
          return {
            unlisted,
            data,
            redirected,
            canvases,
            listed,
            tier,
            clip: code,
            stage,
            state: window.enhanced?.state,
          };
        },
        [trustedOrigin, otherOrigin] as const,
      );
      expect(result).toEqual({
        unlisted: 'model-origin',
        data: 'model-origin',
        redirected: 'model-origin',
        canvases: 0,
        listed: 'taken',
        tier: 'custom',
        clip: 'model-origin',
        stage: 'model',
        state: 'running',
      });
      // A redirect is followed before it is known where to; what comes is not read, and no weights are asked for.
      expect(other.asked).toEqual(['/mobilevit-sr/S/manifest.json']);
      expect(trusted.asked).toEqual([
        '/away/mobilevit-sr/S/manifest.json',
        '/mobilevit-sr/S/manifest.json',
        '/mobilevit-sr/S/weights.safetensors',
      ]);
    } finally {
      trusted.close();
      other.close();
    }
  },
);

const markup = '<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>';
const odd = [markup, '🐕‍🦺👩‍👩‍👧‍👦', 'كلب أحمر', '\u202eתורכ', 'dog\u0000cat', '\ud800', 'ﷺ'.repeat(200)];

fault(
  'input',
  'prompts of markup, emoji, right-to-left text, NULs, half characters and 10,000 letters',
  'drawn and said as text, or refused with a code; never markup, and the picture goes on',
  async ({ page }) => {
    await openPlayer(page, '64x36', { width: 320, height: 180 });
    const result = await page.evaluate(async (prompts) => {
      const enhanced = await window.enhanceVideo();
      const failures: string[] = [];
      enhanced.addEventListener('stagefailure', ({ code }) => failures.push(code));
      // A detector of the page's own that finds whatever is asked for: labels and the region for screen readers have it to show.
      let answers: readonly {
        prompt: string;
        matchedAs: undefined;
        kind: 'encoded';
        confidence: number;
        colour: undefined;
      }[] = [];
      const model = {
        open: async () => ({
          get answers() {
            return answers;
          },
          prepare: async () => {},
          setPrompts: async (texts: readonly string[]) => {
            answers = texts.map((prompt) => ({
              prompt,
              matchedAs: undefined,
              kind: 'encoded',
              confidence: 1,
              colour: undefined,
            }));
            return answers;
          },
          detect: async () => ({
            detections: answers.map(({ prompt }, i) => ({
              prompt,
              score: 1,
              box: { x: 8 * i, y: 4, width: 7, height: 20 },
            })),
          }),
          heatMap: () => undefined,
          dispose: () => {},
          [Symbol.dispose]: () => {},
        }),
      };
      enhanced.set({ detect: { prompts, model }, highlight: { style: 'box', labels: true } });
      const { detections } = await window.nextEvent('detections');
      await window.redrawn();
      // Once more after what was seen has stayed for long enough to be said.
      const region = () => window.everywhere('[data-vitreous=status]')[0];
      while (!region()?.textContent) await window.redrawn();
      const said = { text: region()?.textContent ?? '', elements: region()?.childElementCount };
      const vtt = enhanced.detectionsAsVtt();
      const picture = await enhanced.snapshot();
      const tooLong = (() => {
        try {
          enhanced.set({ detect: { prompts: ['x'.repeat(10_000)] } });
          return 'taken';
        } catch (thrown) {
          return String(thrown).slice(0, 90);
        }
      })();
      const ownFailures = failures.length;
      // The shipped model: each is understood or refused by name.
      const understood = window.nextEvent('prompts');
      enhanced.set({ detect: { prompts: [...prompts, 'dog'], model: 'promptvit' } });
      const shipped = (await understood).answers.map(({ prompt }) => prompt);
      return {
        found: detections.map(({ prompt }) => prompt).sort(),
        said,
        cues: vtt.split('-->').length - 1,
        picture: picture.size,
        tooLong,
        ownFailures,
        shipped,
        refused: failures.slice(ownFailures),
        state: enhanced.state,
        hacked: Reflect.get(window, 'hacked') as unknown,
        images: document.images.length,
      };
    }, odd);
    expect(result.found).toEqual([...odd].sort());
    expect(result.said.elements).toBe(0);
    expect(result.said.text).toContain(markup);
    expect(result.cues).toBeGreaterThan(0);
    expect(result.picture).toBeGreaterThan(0);
    expect(result.tooLong).toMatch(/^TypeError: options\.detect\.prompts\[0\] must be a string of 1 to 200 characters/);
    expect(result.ownFailures).toBe(0);
    expect(result.shipped).toContain('dog');
    expect(result.refused).toHaveLength(odd.length + 1 - result.shipped.length);
    expect(result.refused.every((code) => code.startsWith('prompt-'))).toBe(true);
    expect(result).toMatchObject({ state: 'running', hacked: undefined, images: 0 });
  },
);

const hostileAttributes = [
  '',
  '\u0000',
  markup,
  '-1',
  'NaN',
  '1e999',
  '__proto__',
  'constructor',
  'x'.repeat(10_000),
  ','.repeat(1000),
];

fault(
  'input',
  'attributes of <vitreous-video> with hostile values',
  'each is taken or reported by name; what was before stays, and the video plays on',
  async ({ page }) => {
    await clip('64x36');
    await page.goto('/e2e/pages/element.html');
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
    const result = await page.evaluate(async (values) => {
      const { parsed } = window;
      await window.elementReached(parsed, 'running');
      const reported: string[] = [];
      window.addEventListener('error', (event) => {
        reported.push(String(event.error));
        event.preventDefault();
      });
      const names = ['upscale', 'detect', 'highlight', 'compare', 'debug', 'hotkey', 'enabled'];
      for (const name of names)
        for (const value of values) {
          const before = parsed.getAttribute(name);
          parsed.setAttribute(name, value);
          if (before === null) parsed.removeAttribute(name);
          else parsed.setAttribute(name, before);
        }
      parsed.setAttribute('compare', '0.75');
      await window.elementReached(parsed, 'running');
      await parsed.play();
      return {
        reported,
        compare: parsed.compare,
        paused: parsed.paused,
        hacked: Reflect.get(window, 'hacked') as unknown,
        images: document.images.length,
      };
    }, hostileAttributes);
    expect(result.reported.length).toBeGreaterThan(hostileAttributes.length);
    for (const error of result.reported)
      expect(error).toMatch(/^TypeError: (<vitreous-video (upscale|highlight|compare)>|options\.detect\.prompts)/);
    expect(result).toMatchObject({ compare: 0.75, paused: false, hacked: undefined, images: 0 });
  },
);

test.setTimeout(180_000);
