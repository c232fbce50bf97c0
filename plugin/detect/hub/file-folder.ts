import { VitreousError } from '../../core/errors.js';
import type { ByteSource, ModelFolder, ReadOptions } from '../../engine/files/byte-source.js';

async function bytesOf(blob: Blob, where: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  signal?.throwIfAborted();
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    signal?.throwIfAborted();
    return bytes;
  } catch (cause) {
    signal?.throwIfAborted();
    // File API: a file that was changed or removed since it was chosen can't be read.
    throw new VitreousError({
      code: 'weights-truncated',
      stage: 'weights',
      found: `${where} that cannot be read (${String(cause)})`,
      expected: 'the file as it was chosen',
      fix: 'Choose the files again.',
      cause,
    });
  }
}

class FileSource implements ByteSource {
  readonly where: string;
  readonly sizeBytes: number;
  readonly #file: Blob;

  constructor(file: Blob, name: string) {
    this.#file = file;
    this.where = name;
    this.sizeBytes = file.size;
  }

  async read(begin: number, end: number, { signal, onBytes }: ReadOptions = {}): Promise<Uint8Array> {
    const bytes = await bytesOf(this.#file.slice(begin, end), this.where, signal);
    onBytes?.(bytes.byteLength);
    return bytes;
  }
}

/**
 * A model's folder as files that the user chose: of `<input type="file" multiple>` (or `webkitdirectory`), or of a drop. Their names
 * count, not their folders.
 */
export function fileFolder(files: Iterable<File>): ModelFolder {
  const byName = new Map(Array.from(files, (file) => [file.name, file] as const));
  const where = `the ${byName.size} chosen files`;
  return {
    where,
    async text(name, signal) {
      const file = byName.get(name);
      return file && new TextDecoder().decode(await bytesOf(file, name, signal));
    },
    async open(name) {
      const file = byName.get(name);
      return file && new FileSource(file, name);
    },
  };
}
