import { bad, isUrl } from './check-value.js';

let folder: string | URL | undefined;

/** @throws TypeError unless it is a URL, or a path on the page's server. */
export function checkAssets(value: unknown): string | URL {
  if (isUrl(value) && String(value) !== '') return value;
  throw bad('assets', "the URL of a folder, such as '/vitreous/'", value);
}

/**
 * Says once, for every `enhance` and element from now on, where the package's own files lie; `options.assets` and the attribute `assets` count
 * more. Undefined: where the page's bundler has put them.
 *
 * @param assets a URL or a path such as `'/vitreous/'`, relative to the page
 * @throws TypeError unless it is one.
 */
export function setAssets(assets: string | URL | undefined): void {
  folder = assets === undefined ? undefined : checkAssets(assets);
}

export const defaultAssets = (): string | URL | undefined => folder;
