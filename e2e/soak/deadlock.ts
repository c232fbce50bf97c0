import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Numbers of the system call `futex`. */
const futex: Partial<Record<NodeJS.Architecture, string>> = { x64: '202', arm64: '98' };
/** Of glibc's mutexes, bytes behind the word that is waited for. */
const ownerOffset = 8;

/**
 * Whether a process's main thread waits for a mutex that it holds itself: it never goes on, and no page can have made it so. Known on Linux with glibc alone;
 * elsewhere, and where it may not be looked at, false.
 */
export function waitsForItself(processId: number): boolean {
  const call = futex[process.arch];
  if (process.platform !== 'linux' || call === undefined) return false;
  let memory: number | undefined;
  try {
    const [number, address] = readFileSync(`/proc/${processId}/syscall`, 'utf8').split(' ');
    if (number !== call || address === undefined) return false;
    memory = openSync(`/proc/${processId}/mem`, 'r');
    const owner = Buffer.alloc(4);
    readSync(memory, owner, 0, owner.length, BigInt(address) + BigInt(ownerOffset));
    return owner.readInt32LE() === processId;
  } catch {
    return false;
  } finally {
    if (memory !== undefined) closeSync(memory);
  }
}
