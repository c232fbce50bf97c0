import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { VitreousError } from '../../core/errors.js';
import type { ByteSource, ModelFolder } from '../files/byte-source.js';

const isMissing = (thrown: unknown): boolean => (thrown as { code?: unknown } | null)?.code === 'ENOENT'; // Node's own errors.

/** Largest part that Node reads at once. */
const partBytes = 1 << 30;

async function openFile(path: string): Promise<ByteSource | undefined> {
  let sizeBytes: number;
  try {
    sizeBytes = (await stat(path)).size;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
  return {
    where: path,
    sizeBytes,
    async read(begin, end, { signal, onBytes } = {}) {
      const file = await open(path);
      try {
        const bytes = new Uint8Array(end - begin);
        for (let at = 0; at < bytes.byteLength; ) {
          signal?.throwIfAborted();
          const length = Math.min(bytes.byteLength - at, partBytes);
          const { bytesRead } = await file.read(bytes, at, length, begin + at);
          if (bytesRead === 0)
            throw new VitreousError({
              code: 'weights-truncated',
              stage: 'weights',
              found: `${path} that ended early`,
              expected: `${end} bytes`,
              fix: 'Fetch the file again.',
            });
          at += bytesRead;
          onBytes?.(at);
        }
        return bytes;
      } finally {
        await file.close();
      }
    },
  };
}

/** A model's folder on this machine's disk, for tests and command-line tools. */
export function diskFolder(path: string): ModelFolder {
  return {
    where: path,
    async text(name, signal) {
      signal?.throwIfAborted();
      try {
        return await readFile(join(path, name), 'utf8');
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw cause;
      }
    },
    open: (name) => openFile(join(path, name)),
  };
}
