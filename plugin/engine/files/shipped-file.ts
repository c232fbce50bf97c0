/** A large file of the package, as the code that needs it names it. */
export interface ShippedFile {
  /** Its path in a folder of the package's files: below `dist/`, as in what `vitreous copy-assets` writes. */
  readonly path: string;
  /**
   * Where the page's bundler has put it, by `new URL('…', import.meta.url)`, which bundlers look for. Read late: in a classic script there is
   * no `import.meta.url`, and reading it throws a TypeError.
   */
  readonly url: URL;
}

/** Where a page says the package's files lie; undefined: where its bundler has put them. */
export type AssetsFolder = string | URL | undefined;

/** What relative URLs of the page are relative to; undefined where there is no page. */
function pageBase(): string | undefined {
  // A document's own, as for `<script src>`; workers have none, and their types do not know it.
  const { document } = globalThis as { readonly document?: { readonly baseURI?: string } };
  return document?.baseURI ?? globalThis.location?.href;
}

/**
 * The folder as a URL that ends with a slash.
 *
 * @throws TypeError where it is no URL.
 */
export function assetsUrl(folder: string | URL): URL {
  const url = new URL(folder, pageBase());
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/**
 * Where to fetch a file of the package from: the folder that the page names; else where its bundler has put it; for a classic script, which
 * does not know its own address, beside the page.
 *
 * @throws the signal's reason.
 */
export async function locateShipped(file: ShippedFile, assets: AssetsFolder, signal?: AbortSignal): Promise<URL> {
  if (assets !== undefined) return new URL(file.path, assetsUrl(assets));
  let url: URL;
  try {
    url = file.url;
  } catch {
    return new URL(file.path, pageBase());
  }
  return (await behindPrebundling(file.path, url, signal)) ?? url;
}

/**
 * Vite 5 to 7 move a package's code to `node_modules/.vite/deps/` in development and leave its other files behind. Vite's server resolves a
 * package's file itself, also one hoisted out of the served folder: `/@id/…?import&url` is a module that exports the file's URL. Vite 5
 * does not answer that for files of packages, but serves `node_modules/`.
 *
 * @returns undefined where this is no such server.
 */
async function behindPrebundling(path: string, url: URL, signal: AbortSignal | undefined): Promise<URL | undefined> {
  const { pathname, origin, protocol } = url;
  if (!/^https?:$/.test(protocol) || !pathname.endsWith(`/deps/${path}`)) return undefined;
  // Before these comes Vite's `base`.
  const base = /^(.*?\/)(?:@fs|node_modules)\//.exec(pathname)?.[1] ?? '/';
  const module = await textAt(new URL(`${base}@id/vitreous/${path}?import&url`, origin), signal);
  const resolved = /^export default "([^"]+)"/.exec(module)?.[1];
  if (resolved !== undefined) return new URL(resolved, origin);
  const modules = /^.*\/node_modules\//.exec(pathname)?.[0];
  return modules === undefined ? undefined : new URL(`${modules}vitreous/dist/${path}`, origin);
}

/** What a server says; nothing where it fails, as the fetch that follows tells why. */
async function textAt(url: URL, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await (await fetch(url, { signal: signal ?? null })).text();
  } catch {
    signal?.throwIfAborted();
    return '';
  }
}

/** What mends a failure to get a file of the package, for its error. */
export function shippedFix({ protocol }: URL, assets: AssetsFolder): string {
  const end = 'docs/bundlers.md tells it by bundler; the native video plays on.';
  if (protocol === 'file:')
    return `Browsers do not fetch from file://: serve the page by http, or name a folder that a server has by the option \`assets\`; ${end}`;
  if (!/^(https?|blob|data):$/.test(protocol))
    return `Register ${protocol}// as standard, secure and with supportFetchAPI, or name another folder by the option \`assets\`; ${end}`;
  if (assets !== undefined)
    return `Put this version's files there: \`npx vitreous copy-assets DIR\`, where DIR is the folder that the server has as the option \`assets\` says; ${end}`;
  return (
    "The bundler has not shipped the package's files: `npx vitreous copy-assets DIR` puts them into a folder that the server has, the option " +
    `\`assets\` says which; with Vite 7 and before, \`optimizeDeps: { exclude: ['vitreous'] }\` is enough; ${end}`
  );
}
