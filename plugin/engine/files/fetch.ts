import { type ErrorCode, VitreousError } from '../../core/errors.js';
import { checkOrigin, checkRedirect, type ModelOrigins } from '../../core/model-origins.js';
import { markupIn, markupOf } from './markup.js';

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly origins?: ModelOrigins;
  /** What mends it where the file cannot be had, for the error. */
  readonly fix?: string | undefined;
  readonly onBytes?: ((loadedBytes: number) => void) | undefined;
}

const defaultFix = 'Check the URL and that the server sends the whole file; the native video plays on.';

/** Makes the errors of one file. */
function failing({ fix = defaultFix }: FetchOptions) {
  return (code: ErrorCode, found: string, expected: string, cause?: unknown): VitreousError =>
    new VitreousError({ code, stage: 'weights', found, expected, fix, cause });
}

async function open(given: string | URL, options: FetchOptions): Promise<Response> {
  const { signal, origins } = options;
  const fail = failing(options);
  const url = new URL(given, globalThis.location?.href);
  checkOrigin(url, origins);
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw fail('weights-network', `no answer from ${url}`, 'the file', cause);
  }
  checkRedirect(response, url, origins);
  if (!response.ok) throw fail('weights-http', `status ${response.status} for ${url}`, 'status 200');
  return response;
}

/** So many bytes tell a page of a server's own from a file. */
const tellingBytes = 16;

/**
 * Fetches a safetensors file of known size. Reads no more than that size, whatever the server sends.
 *
 * @throws VitreousError `weights-network`, `weights-http`, `weights-truncated`, `weights-format` (too long, or a page of HTML), `model-origin`;
 * the signal's reason.
 */
export async function fetchBytes(
  url: string | URL,
  sizeBytes: number,
  options: FetchOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, onBytes } = options;
  const fail = failing(options);
  const response = await open(url, options);
  const reader = response.body?.getReader();
  if (!reader) throw fail('weights-truncated', `an empty answer from ${url}`, `${sizeBytes} bytes`);
  const bytes = new Uint8Array(sizeBytes);
  let loadedBytes = 0;
  /** Its size would say nothing of why it is wrong. */
  const refuseMarkup = () => {
    const markup = markupIn(bytes.subarray(0, loadedBytes));
    if (markup) throw fail('weights-format', `${markup} from ${url}`, "a safetensors file's header");
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const known = loadedBytes >= tellingBytes;
      const room = sizeBytes - loadedBytes;
      bytes.set(value.byteLength > room ? value.subarray(0, room) : value, loadedBytes);
      loadedBytes += Math.min(room, value.byteLength);
      if (!known && loadedBytes >= tellingBytes) refuseMarkup();
      if (value.byteLength > room)
        throw fail('weights-format', `more than ${sizeBytes} bytes from ${url}`, `${sizeBytes} bytes`);
      onBytes?.(loadedBytes);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof VitreousError))
      throw fail('weights-truncated', `${loadedBytes} bytes of ${url}, then an error`, `${sizeBytes} bytes`, cause);
    await reader.cancel();
    throw cause;
  }
  if (loadedBytes < tellingBytes) refuseMarkup();
  if (loadedBytes < sizeBytes) throw fail('weights-truncated', `${loadedBytes} bytes of ${url}`, `${sizeBytes} bytes`);
  return bytes;
}

/** Most a manifest may weigh. */
const maxManifestBytes = 1 << 20;

/** A body as text; undefined when it is longer than `mostBytes`, of which no more is kept than that. @throws as the body's stream. */
export async function textUpTo(response: Response, mostBytes: number): Promise<string | undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let loadedBytes = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return text + decoder.decode();
    loadedBytes += value.byteLength;
    if (loadedBytes > mostBytes) {
      await reader?.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Fetches and parses JSON.
 *
 * @throws VitreousError `weights-network`, `weights-http`, `weights-truncated`, `manifest-format`, `model-origin`; the signal's reason.
 */
export async function fetchJson(url: string | URL, options: Omit<FetchOptions, 'onBytes'> = {}): Promise<unknown> {
  const { signal } = options;
  const fail = failing(options);
  const response = await open(url, options);
  const bad = (found: string, cause?: unknown): VitreousError =>
    new VitreousError({
      code: 'manifest-format',
      stage: 'model',
      found: `${url}: ${found}`,
      expected: 'a manifest.json',
      fix: 'Point to the manifest.json of a model; the native video plays on.',
      cause,
    });
  let text: string | undefined;
  try {
    text = await textUpTo(response, maxManifestBytes);
  } catch (cause) {
    signal?.throwIfAborted();
    throw fail('weights-truncated', `part of ${url}, then an error`, 'the whole file', cause);
  }
  signal?.throwIfAborted();
  if (text === undefined) throw bad(`more than ${maxManifestBytes} bytes`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw bad(markupOf(text) ?? 'no JSON', cause);
  }
}

/** @throws VitreousError `weights-hash`. Where there is no SubtleCrypto (an insecure context) WebGPU is absent too. */
export async function checkSha256(bytes: Uint8Array<ArrayBuffer>, sha256: string, where: string): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found !== sha256)
    throw new VitreousError({
      code: 'weights-hash',
      stage: 'weights',
      found: `SHA-256 ${found} for ${where}`,
      expected: sha256,
      fix: 'Use the weights that belong to this manifest; the native video plays on.',
    });
}
