import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** @type {{ exports: Record<string, string | { types: string, default: string }>, peerDependencies: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * What users can import, as package.json's `exports` says: its name (`index` is the package itself), its source and its built types.
 *
 * @type {readonly { name: string, source: string, types: string }[]}
 */
export const entryPoints = Object.values(manifest.exports).flatMap((entry) => {
  if (typeof entry === 'string') return [];
  const name = /^\.\/dist\/(.+)\.js$/.exec(entry.default)?.[1];
  const source = /^\.\/dist\/types\/(.+)\.d\.ts$/.exec(entry.types)?.[1];
  if (name === undefined || source === undefined)
    throw new Error(`package.json: unlike other exports: ${entry.default}`);
  return [{ name, source: join(root, `${source}.ts`), types: join(root, entry.types) }];
});

/** Packages that users install themselves: named by our code, never part of it. */
export const peers = Object.keys(manifest.peerDependencies);
