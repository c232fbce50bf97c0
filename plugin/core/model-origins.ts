import { VitreousError } from './errors.js';

/**
 * Where files of a model that is named by URL may come from. Undefined: anywhere, for programs that are no page, and for the package's own
 * files, wherever a page has it from.
 */
export type ModelOrigins = ReadonlySet<string> | undefined;

/**
 * The page's own origin and those that it lists. Its own is also that of the document whose `srcdoc` it is, and in a sandbox that of its
 * address (HTML §7.1.1).
 */
export function pageOrigins(listed: readonly string[] = []): ReadonlySet<string> {
  const own = [globalThis.origin, globalThis.location?.origin].filter((origin) => origin !== undefined);
  return new Set([...own, ...listed]);
}

function refuse(origin: string, found: string): VitreousError {
  return new VitreousError({
    code: 'model-origin',
    stage: 'model',
    found,
    expected: "the page's own origin, or one that options.modelOrigins lists",
    fix:
      origin === 'null'
        ? 'Serve the model by http(s); the native video plays on.'
        : `Where you trust it: modelOrigins: ['${origin}']; the native video plays on.`,
  });
}

/** Before a request. @throws VitreousError `model-origin`. */
export function checkOrigin(url: URL, origins: ModelOrigins): void {
  // An opaque origin (HTML §7.1.1) equals none, though all of them are written alike.
  if (origins && (url.origin === 'null' || !origins.has(url.origin)))
    throw refuse(url.origin, `a model of ${url.origin === 'null' ? `a ${url.protocol} URL` : url.origin}`);
}

/** After it, as redirects are followed. @throws VitreousError `model-origin`. */
export function checkRedirect(response: Response, from: URL, origins: ModelOrigins): void {
  // Of what a service worker of the page made up there is no URL (Fetch §2.2.6).
  if (!origins || response.url === '') return;
  const { origin } = new URL(response.url);
  if (origin !== 'null' && origins.has(origin)) return;
  void response.body?.cancel();
  throw refuse(origin, `a redirect from ${from.href} to ${origin}`);
}
