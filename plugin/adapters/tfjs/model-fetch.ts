import { checkOrigin, checkRedirect, pageOrigins } from '../../core/model-origins.js';
import { VitreousError } from '../../index.js';

/** A gigabyte in the shards of 4 MB that the converter makes. */
const mostFiles = 256;
/** Of the first file, `model.json`. */
const mostGraphBytes = 16 * 2 ** 20;
/** Of all files together, as for weights of the package's own layout. */
const mostBytes = 256 * 2 ** 20;

function tooMuch(found: string, expected: string): VitreousError {
  return new VitreousError({
    code: 'weights-format',
    stage: 'weights',
    found,
    expected,
    fix: 'Check what the address of the model serves.',
  });
}

/** What TF.js fetches one model with. It asks for whatever a file names, all at once: here that has bounds. */
export class ModelFetch {
  readonly #origins: ReadonlySet<string>;
  /** Aborted when one file cannot be had: the others are not wanted any more. */
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  #files = 0;
  #bytes = 0;

  constructor(modelOrigins: readonly string[] | undefined, signal: AbortSignal | undefined) {
    this.#origins = pageOrigins(modelOrigins);
    this.#signal = signal ? AbortSignal.any([signal, this.#ended.signal]) : this.#ended.signal;
  }

  /** @throws VitreousError `model-origin`, `weights-format`; what `fetch` throws. */
  readonly fetch: typeof fetch = async (request, init) => {
    try {
      this.#files++;
      if (this.#files > mostFiles) throw tooMuch(`a model of more than ${mostFiles} files`, `at most ${mostFiles}`);
      const limit = this.#files === 1 ? mostGraphBytes : mostBytes;
      const url = new URL(request instanceof Request ? request.url : request, globalThis.location?.href);
      checkOrigin(url, this.#origins);
      const response = await fetch(request, { ...init, signal: this.#signal });
      checkRedirect(response, url, this.#origins);
      return response.body ? new Response(response.body.pipeThrough(this.#counted(limit)), response) : response;
    } catch (thrown) {
      this.#ended.abort(thrown);
      throw thrown;
    }
  };

  #counted(limit: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#bytes += chunk.byteLength;
        if (this.#bytes <= limit) controller.enqueue(chunk);
        else controller.error(tooMuch(`more than ${limit} bytes`, `at most ${limit}`));
      },
    });
  }
}
