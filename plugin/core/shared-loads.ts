import { abortable } from './abort.js';

/** How far a download is. */
export interface LoadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface SharedLoadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** A load under way, and who waits for it. */
interface Loading<T> {
  readonly work: Promise<T>;
  readonly unwanted: AbortController;
  readonly waiting: Set<SharedLoadOptions>;
  progress: LoadProgress | undefined;
}

/**
 * What the page loads once for all of its parts that need it. A load ends when nobody waits for it any more, and one that failed may be
 * tried again; what was loaded is kept as long as somebody has it.
 */
export class SharedLoads<T extends object> {
  readonly #loaded = new Map<string, WeakRef<T>>();
  readonly #loading = new Map<string, Loading<T>>();

  /**
   * @param key says all that decides what is loaded
   * @throws as `start`; the signal's reason.
   */
  async load(
    key: string,
    start: (options: {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: LoadProgress) => void;
    }) => Promise<T>,
    options: SharedLoadOptions = {},
  ): Promise<T> {
    options.signal?.throwIfAborted();
    const loaded = this.#loaded.get(key)?.deref();
    if (loaded) return loaded;
    const loading = this.#loading.get(key) ?? this.#start(key, start);
    loading.waiting.add(options);
    if (loading.progress) options.onProgress?.(loading.progress);
    try {
      return await (options.signal ? abortable(loading.work, options.signal) : loading.work);
    } finally {
      loading.waiting.delete(options);
      if (loading.waiting.size === 0) this.#end(key, loading);
    }
  }

  #start(key: string, start: Parameters<SharedLoads<T>['load']>[1]): Loading<T> {
    const unwanted = new AbortController();
    const onProgress = (progress: LoadProgress): void => {
      loading.progress = progress;
      for (const waiter of loading.waiting) waiter.onProgress?.(progress);
    };
    const work = start({ signal: unwanted.signal, onProgress });
    const loading: Loading<T> = { work, unwanted, waiting: new Set(), progress: undefined };
    this.#loading.set(key, loading);
    work.then(
      (value) => {
        this.#loaded.set(key, new WeakRef(value));
        this.#end(key, loading);
      },
      () => this.#end(key, loading), // Heard by who waits.
    );
    return loading;
  }

  #end(key: string, loading: Loading<T>): void {
    loading.unwanted.abort();
    if (this.#loading.get(key) === loading) this.#loading.delete(key);
  }
}
