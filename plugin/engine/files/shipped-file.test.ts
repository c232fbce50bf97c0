import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { plainTier, shippedTiers } from '../../../models/mobilevit-sr/index.js';
import { shipped } from '../../../models/promptvit/index.js';
import { textWeights } from '../../../models/promptvit/text/index.js';
import { assetsUrl, locateShipped, type ShippedFile, shippedFix } from './shipped-file.js';

const path = 'models/mobilevit-sr/S/weights.safetensors';
const page = 'https://page.example/film/';

/** The file where a bundler put it; without an address, in a classic script. */
const put = (url?: string): ShippedFile => ({
  path,
  get url() {
    return new URL(url as string); // Undefined throws, as import.meta.url does there.
  },
});

const everyFile = [...Object.values(shippedTiers), plainTier, shipped].map(({ weights }) => weights);

test.each([...everyFile, textWeights])('$path is where the code is, too', ({ path, url }) => {
  expect(fileURLToPath(url).replaceAll('\\', '/')).toMatch(new RegExp(`/${path}$`));
});

afterEach(() => vi.unstubAllGlobals());

describe('locateShipped', () => {
  it.each([
    ['/vitreous/', `https://page.example/vitreous/${path}`],
    ['/vitreous', `https://page.example/vitreous/${path}`],
    ['vitreous', `https://page.example/film/vitreous/${path}`],
    ['.', `https://page.example/film/${path}`],
    ['https://cdn.example/vitreous@1/dist/', `https://cdn.example/vitreous@1/dist/${path}`],
    [new URL('app://bundle/assets'), `app://bundle/assets/${path}`],
    ['file:///opt/app/', `file:///opt/app/${path}`],
  ])('assets: %s', async (assets, expected) => {
    vi.stubGlobal('document', { baseURI: page });
    expect((await locateShipped(put(`https://page.example/code/${path}`), assets)).href).toBe(expected);
  });

  it('a worker has no document', () => {
    vi.stubGlobal('location', { href: `${page}worker.js` });
    expect(assetsUrl('/vitreous').href).toBe('https://page.example/vitreous/');
  });

  it('a classic script finds it beside the page', async () => {
    vi.stubGlobal('document', { baseURI: page });
    expect((await locateShipped(put(), undefined)).href).toBe(page + path);
  });

  it.each([
    `https://page.example/assets/weights-Bx1.safetensors`,
    `https://page.example/node_modules/vitreous/dist/${path}`,
    `app://bundle/${path}`,
    `app://bundle/deps/${path}`,
  ])('asks no server where %s is', async (url) => {
    const fetch = vi.fn();
    vi.stubGlobal('fetch', fetch);
    expect((await locateShipped(put(url), undefined)).href).toBe(url);
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([
    // Prebundled; what the server answers; where the file is.
    [
      '/node_modules/.vite/deps/',
      '/@id/',
      'export default "/node_modules/vitreous/dist/x"\n',
      '/node_modules/vitreous/dist/x',
    ],
    ['/app/node_modules/.vite/deps/', '/app/@id/', 'export default "/app/@fs/r/x"', '/app/@fs/r/x'],
    ['/@fs/r/node_modules/.vite/deps/', '/@id/', '<!doctype html>', `/@fs/r/node_modules/vitreous/dist/${path}`],
    ['/app/node_modules/.vite/deps/', '/app/@id/', undefined, `/app/node_modules/vitreous/dist/${path}`],
    ['/.cache/deps/', '/@id/', '<!doctype html>', `/.cache/deps/${path}`],
  ])('after prebundling into %s', async (folder, id, answer, expected) => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: URL) => {
      asked.push(url.pathname + url.search);
      if (answer === undefined) throw new TypeError('Failed to fetch');
      return new Response(answer);
    });
    const found = await locateShipped(put(`http://localhost:5173${folder}${path}`), undefined);
    expect(found.href).toBe(`http://localhost:5173${expected}`);
    expect(asked).toEqual([`${id}vitreous/${path}?import&url`]);
  });
});

test.each([
  ['https://page.example/a', undefined, /copy-assets DIR.*assets.*optimizeDeps: \{ exclude: \['vitreous'\] \}/],
  ['https://page.example/a', '/vitreous/', /copy-assets DIR/],
  ['file:///opt/a', undefined, /file:\/\/.*http.*assets/],
  ['app://bundle/a', undefined, /app:\/\/.*supportFetchAPI/],
])('what mends %s (assets: %s)', (url, assets, fix) => {
  expect(shippedFix(new URL(url), assets)).toMatch(fix);
});
