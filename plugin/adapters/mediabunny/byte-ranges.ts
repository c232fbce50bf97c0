/** Reads parts of a file without the rest. */
export interface ByteRanges {
  readonly sizeBytes: number;
  /** Fewer bytes than asked for where the file ends. */
  read(offset: number, length: number): Promise<DataView>;
}

/** What is asked for at once: headers lie close together, and a request takes longer than its bytes. */
const blockBytes = 1 << 16;

class BlobRanges implements ByteRanges {
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  get sizeBytes(): number {
    return this.#blob.size;
  }

  async read(offset: number, length: number): Promise<DataView> {
    return new DataView(await this.#blob.slice(offset, offset + length).arrayBuffer());
  }
}

interface Block {
  readonly offset: number;
  readonly bytes: ArrayBuffer;
  /** Of the whole file. */
  readonly sizeBytes: number;
}

/** Undefined where the server sends whole files only, or none. */
async function requestBlock(
  url: string,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Block | undefined> {
  const response = await fetch(url, {
    headers: { Range: `bytes=${offset}-${offset + length - 1}` },
    ...(signal ? { signal } : {}),
  });
  const size = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
  if (response.status === 206 && size) return { offset, bytes: await response.arrayBuffer(), sizeBytes: Number(size) };
  await response.body?.cancel();
  return undefined;
}

class UrlRanges implements ByteRanges {
  readonly #url: string;
  readonly #signal: AbortSignal | undefined;
  #block: Block;

  constructor(url: string, signal: AbortSignal | undefined, first: Block) {
    this.#url = url;
    this.#signal = signal;
    this.#block = first;
  }

  get sizeBytes(): number {
    return this.#block.sizeBytes;
  }

  async read(offset: number, length: number): Promise<DataView> {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset));
    let start = offset - this.#block.offset;
    if (wanted > 0 && (start < 0 || start + wanted > this.#block.bytes.byteLength)) {
      const block = await requestBlock(this.#url, offset, Math.max(wanted, blockBytes), this.#signal);
      if (!block) return new DataView(new ArrayBuffer(0));
      this.#block = block;
      start = 0;
    }
    return new DataView(this.#block.bytes, start, Math.min(wanted, this.#block.bytes.byteLength - start));
  }
}

/** Undefined where the file cannot be read in parts: all of it would be fetched, which the demuxer does already. */
export async function openRanges(
  file: Blob | string | URL,
  signal: AbortSignal | undefined,
): Promise<ByteRanges | undefined> {
  if (file instanceof Blob) return new BlobRanges(file);
  const first = await requestBlock(String(file), 0, blockBytes, signal);
  return first && new UrlRanges(String(file), signal, first);
}
