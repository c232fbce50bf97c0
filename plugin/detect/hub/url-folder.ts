import { type ErrorCode, VitreousError } from '../../core/errors.js';
import { checkOrigin, checkRedirect, type ModelOrigins } from '../../core/model-origins.js';
import type { ByteSource, ModelFolder, ReadOptions } from '../../engine/files/byte-source.js';
import { textUpTo } from '../../engine/files/fetch.js';
import { markupIn, markupOf } from '../../engine/files/markup.js';

/** The longest text file of a model, its tokenizer, weighs some megabytes. */
const maxTextBytes = 64 * 2 ** 20;

function fail(code: ErrorCode, found: string, expected: string, cause?: unknown): VitreousError {
  return new VitreousError({
    code,
    stage: 'weights',
    found,
    expected,
    fix: 'Check the URL and that the server sends the whole file; the native video plays on.',
    cause,
  });
}

/** Asks a server for a file, or with `range` for a part of it. @throws VitreousError `weights-network`, `model-origin`; the signal's reason. */
type Request = (url: URL, signal: AbortSignal | undefined, range?: string) => Promise<Response>;

function requestFrom(origins: ModelOrigins): Request {
  return async (url, signal, range) => {
    checkOrigin(url, origins);
    let response: Response;
    try {
      response = await fetch(url, { signal: signal ?? null, ...(range ? { headers: { Range: range } } : {}) });
    } catch (cause) {
      signal?.throwIfAborted();
      throw fail('weights-network', `no answer from ${url}`, 'the file', cause);
    }
    checkRedirect(response, url, origins);
    return response;
  };
}

/** The response, or undefined for a file that is not there. */
function answered(response: Response, url: URL): Response | undefined {
  if (response.ok) return response;
  void response.body?.cancel();
  if (response.status === 404) return undefined;
  throw fail('weights-http', `status ${response.status} for ${url}`, 'status 200');
}

/** Reads a body of known size as it comes. */
async function readBody(
  response: Response,
  url: URL,
  sizeBytes: number,
  { signal, onBytes }: ReadOptions,
): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      if (at + value.byteLength > sizeBytes) {
        await reader?.cancel();
        throw fail('weights-format', `more than ${sizeBytes} bytes from ${url}`, `${sizeBytes} bytes`);
      }
      bytes.set(value, at);
      at += value.byteLength;
      onBytes?.(at);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof VitreousError) throw cause;
    throw fail('weights-truncated', `${at} bytes of ${url}, then an error`, `${sizeBytes} bytes`, cause);
  }
  if (at < sizeBytes) throw fail('weights-truncated', `${at} bytes of ${url}`, `${sizeBytes} bytes`);
  return bytes;
}

/** A file on a server that answers with parts of it. */
class RangedFile implements ByteSource {
  readonly where: string;
  readonly sizeBytes: number;
  readonly #url: URL;
  readonly #request: Request;

  constructor(url: URL, sizeBytes: number, request: Request) {
    this.#url = url;
    this.#request = request;
    this.where = url.href;
    this.sizeBytes = sizeBytes;
  }

  async read(begin: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    const url = this.#url;
    const response = answered(await this.#request(url, options.signal, `bytes=${begin}-${end - 1}`), url);
    if (!response) throw fail('weights-http', `status 404 for ${url}`, 'the file that was there before');
    if (response.status !== 206) {
      void response.body?.cancel();
      throw fail('weights-http', `status ${response.status} for a part of ${url}`, 'status 206, as before');
    }
    return readBody(response, url, end - begin, options);
  }
}

/** A file that a server sent as a whole: read when first needed, then kept. */
class WholeFile implements ByteSource {
  readonly where: string;
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;

  constructor(url: URL, bytes: Uint8Array) {
    this.where = url.href;
    this.sizeBytes = bytes.byteLength;
    this.#bytes = bytes;
  }

  async read(begin: number, end: number, { onBytes }: ReadOptions = {}): Promise<Uint8Array> {
    onBytes?.(end - begin);
    return this.#bytes.subarray(begin, end);
  }
}

async function openUrl(url: URL, request: Request, signal: AbortSignal | undefined): Promise<ByteSource | undefined> {
  const response = answered(await request(url, signal, 'bytes=0-0'), url);
  if (!response) return undefined;
  if (response.status !== 206) return wholeFile(response, url, signal);
  void response.body?.cancel();
  const total = /^bytes 0-0\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
  if (total !== undefined) return new RangedFile(url, Number(total), request);
  // Another origin shows this header only where it exposes it (Fetch §3.2.3); without the size parts are of no use.
  const whole = answered(await request(url, signal), url);
  return whole && wholeFile(whole, url, signal);
}

async function wholeFile(response: Response, url: URL, signal: AbortSignal | undefined): Promise<ByteSource> {
  try {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const stated = response.headers.get('Content-Encoding') ? null : response.headers.get('Content-Length');
    if (stated !== null && Number(stated) !== bytes.byteLength)
      throw fail('weights-truncated', `${bytes.byteLength} bytes of ${url}`, `${stated} bytes`);
    const markup = markupIn(bytes);
    if (markup) throw fail('weights-format', `${markup} from ${url}`, "a safetensors file's header");
    return new WholeFile(url, bytes);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof VitreousError) throw cause;
    throw fail('weights-truncated', `part of ${url}, then an error`, 'the whole file', cause);
  }
}

/**
 * A model's folder on a server, such as `https://…/resolve/main/`. Of large files only the parts that are needed are fetched, where
 * the server answers range requests.
 *
 * @param base ends with a slash or gets one
 * @param origins where its files may come from
 */
export function urlFolder(base: string | URL, origins?: ModelOrigins): ModelFolder {
  const request = requestFrom(origins);
  const folder = new URL(base, globalThis.location?.href);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  // A query, such as a signature, belongs to every file.
  const urlOf = (name: string): URL => {
    const url = new URL(name, folder);
    url.search = folder.search;
    return url;
  };
  return {
    where: folder.href,
    async text(name, signal) {
      const url = urlOf(name);
      const response = answered(await request(url, signal), url);
      if (!response) return undefined;
      let text: string | undefined;
      try {
        text = await textUpTo(response, maxTextBytes);
      } catch (cause) {
        signal?.throwIfAborted();
        throw fail('weights-truncated', `part of ${url}, then an error`, 'the whole file', cause);
      }
      if (text === undefined)
        throw fail('weights-format', `more than ${maxTextBytes} bytes from ${url}`, 'a small file');
      const markup = markupOf(text);
      if (markup) throw fail('weights-format', `${markup} from ${url}`, name);
      return text;
    },
    open: (name, signal) => openUrl(urlOf(name), request, signal),
  };
}
