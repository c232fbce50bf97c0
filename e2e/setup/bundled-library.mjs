// The tests' pages load the library as its users do: built, in a few chunks. Module by module it is 200 requests a page, which took half of
// the tests' time.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { entryPoints } from '../../tools/entry-points.mjs';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache');
const prefix = 'e2e-library-';

/** Builds of processes that have ended without a word. */
function removeLeftOvers() {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      process.kill(pid, 0);
    } catch {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
}

/**
 * Builds the library when a server starts and lets every page's import of one of its entry points have that.
 *
 * @returns {import('vite').Plugin}
 */
export function bundledLibrary() {
  const outDir = join(cache, `${prefix}${process.pid}`);
  const bundled = new Map(entryPoints.map(({ name, source }) => [source, join(outDir, `${name}.js`)]));
  return {
    name: 'vitreous:bundled-library',
    enforce: 'pre',
    apply: 'serve',
    async configureServer() {
      removeLeftOvers();
      mkdirSync(outDir, { recursive: true });
      process.once('exit', () => rmSync(outDir, { recursive: true, force: true }));
      await build({
        configFile: join(root, 'vite.config.ts'),
        logLevel: 'error',
        build: { outDir, emptyOutDir: true, minify: false, sourcemap: true },
      });
    },
    async resolveId(source, importer, options) {
      if (options.ssr || importer === undefined || importer.startsWith(join(root, 'plugin'))) return null;
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return (found && bundled.get(found.id)) ?? null;
    },
  };
}
