import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const dist = join(import.meta.dirname, '../dist');
// Minified output writes `import{a}from"./x.js"`, `import"./x.js"` and `export{a}from"./x.js"`; `import("./x.js")` is another download.
const staticImport = /(?:\bfrom|\bimport)\s*["'](\.[^"']+\.js)["']/g;

if (!existsSync(join(dist, 'index.js'))) {
  console.error('dist/ is missing: run `npm run build` first');
  process.exit(1);
}

/**
 * The files of the built library that loading one entry loads at once: itself and its static imports.
 *
 * @param {string} entry file name in dist/
 * @returns {string[]} absolute paths
 */
export function staticClosure(entry) {
  /** @type {Set<string>} */
  const files = new Set();
  const queue = [join(dist, entry)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(staticImport))
      queue.push(join(dirname(file), path));
  }
  return [...files];
}

/** All code of the built library, absolute paths. What Node runs as a command no page loads. */
export function allChunks() {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && !name.startsWith(`cli${sep}`))
    .map((name) => join(dist, name));
}
