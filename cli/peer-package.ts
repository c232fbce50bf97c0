import { CommandError } from './command-error.js';

/**
 * Loads a package that users install themselves.
 *
 * @param name of the package, for the message
 * @param load imports what needs it, e.g. `() => import('webgpu')`
 * @param what is done with it, e.g. `the GPU`
 * @throws CommandError `package-missing`; whatever else loading throws.
 */
export async function loadPeer<T>(name: string, load: () => Promise<T>, what: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause;
    throw new CommandError(
      'package-missing',
      `${what} takes the package '${name}', which is not installed: npm install ${name}`,
      cause,
    );
  }
}

/** Node says which package it misses in the message alone: `Cannot find package 'webgpu' imported from …`. */
function isMissing(thrown: unknown, name: string): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    thrown.code === 'ERR_MODULE_NOT_FOUND' &&
    thrown.message.includes(`'${name}'`)
  );
}
