import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** @type {{ exports: Record<string, string | { types: string, default: string }>, peerDependencies: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @param {string} name */
function sourceOf(name) {
  const ownFile = `plugin/${name}.ts`;
  return existsSync(join(root, ownFile)) ? ownFile : `plugin/adapters/${name}.ts`;
}

/**
 * What users can import, as package.json's `exports` says: its name (`index` is the package itself), its source, the declarations that the compiler
 * writes of it, and the one file they are rolled up into.
 *
 * @type {readonly { name: string, source: string, declarations: string, types: string }[]}
 */
export const entryPoints = Object.values(manifest.exports).flatMap((entry) => {
  if (typeof entry === 'string') return [];
  const name = /^\.\/dist\/(.+)\.js$/.exec(entry.default)?.[1];
  if (name === undefined || entry.types !== `./dist/${name}.d.ts`)
    throw new Error(`package.json: unlike other exports: ${entry.default}`);
  const source = sourceOf(name);
  const declarations = join(root, 'dist/types', source.replace(/\.ts$/, '.d.ts'));
  return [{ name, source: join(root, source), declarations, types: join(root, entry.types) }];
});

/** Packages that users install themselves: named by our code, never part of it. */
export const peers = Object.keys(manifest.peerDependencies);
