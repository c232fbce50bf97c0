// Packs the library as it would be published and checks the tarball: the list of files, the exports map (publint), the types
// (attw), that the root import holds neither shaders nor models, and that a bundler ships the weights with a user's page. Needs
// `npm run build`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { staticClosure } from './library-chunks.mjs';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-pack-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const shipped =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[^/]+\.d\.ts|dist\/.+\.(js|safetensors|json|md))$/;
const required = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts'];

/**
 * @param {string} command
 * @param {string[]} args
 */
function mustRun(command, args) {
  const run = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${run.stdout}${run.stderr}`);
  return run.stdout;
}

/** @param {string} name */
const bin = (name) => join(root, 'node_modules/.bin', name);

/**
 * Installs the tarball into a page of its own and bundles that as a user would.
 *
 * @param {string} tarball
 * @returns {Promise<string[]>} the files of the bundled page
 */
async function bundleUserPage(tarball) {
  const page = join(scratch, 'page');
  mkdirSync(join(page, 'node_modules'), { recursive: true });
  mustRun('tar', ['-xzf', tarball, '-C', page]);
  renameSync(join(page, 'package'), join(page, 'node_modules/vitreous'));
  writeFileSync(join(page, 'package.json'), '{ "name": "page", "private": true }');
  writeFileSync(join(page, 'index.html'), '<script type="module" src="./page.js"></script>');
  writeFileSync(join(page, 'page.js'), "import * as vitreous from 'vitreous';\nconsole.log(vitreous);\n");
  await build({ root: page, configFile: false, logLevel: 'error', build: { target: 'esnext' } });
  return readdirSync(join(page, 'dist'), { recursive: true, encoding: 'utf8' });
}

/** @type {{ filename: string, files: { path: string }[], size: number }[]} */
const packs = JSON.parse(mustRun('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]));
const [pack] = packs;
if (pack === undefined) throw new Error('npm pack packed nothing');
const paths = pack.files.map(({ path }) => path);

const problems = [
  ...paths
    .filter((path) => !shipped.test(path) || /\.test\.|\/testing\//.test(path))
    .map((path) => `must not ship: ${path}`),
  ...required.filter((path) => !paths.includes(path)).map((path) => `is missing: ${path}`),
];
if (!paths.some((path) => path.endsWith('.safetensors')))
  problems.push('is missing: weights (dist/models/*/weights.safetensors)');

for (const file of staticClosure('index.js')) {
  const text = readFileSync(file, 'utf8');
  if (/@compute|@fragment|@vertex/.test(text)) problems.push(`the root import holds shader text: ${file}`);
  if (text.includes('.safetensors')) problems.push(`the root import holds a model: ${file}`);
}

/** What SECURITY.md promises not to do, as code would do it. */
const forbidden = {
  'runs text as code': /\beval\s*\(|\bnew\s+Function\b|\bimportScripts\b/,
  'makes elements of text':
    /\.(innerHTML|outerHTML|srcdoc)\s*=|\b(insertAdjacentHTML|createContextualFragment|setHTMLUnsafe)\b|document\.write\b/,
  'adds style or script elements': /createElement(NS)?\([^)]*['"`](style|script|link)['"`]/,
  'keeps something': /document\.cookie|\b(localStorage|sessionStorage|indexedDB|cookieStore)\b/,
  'tells somebody': /\bsendBeacon\b/,
};
const code = paths.filter((path) => path.endsWith('.js'));
if (code.length === 0) problems.push('no code was looked at');
for (const path of code)
  for (const [what, pattern] of Object.entries(forbidden)) {
    const found = readFileSync(join(root, path), 'utf8').match(pattern);
    if (found) problems.push(`${path} ${what}: ${found[0]}`);
  }

const tarball = join(scratch, pack.filename);
for (const [name, args] of /** @type {const} */ ([
  ['publint', [tarball, '--strict']],
  // The package is ESM; `require` of it works in Node 22 and later alone.
  ['attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji']],
])) {
  const run = spawnSync(bin(name), args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (run.status !== 0) problems.push(`${name}:\n${run.stdout}${run.stderr}`);
}

if (!(await bundleUserPage(tarball)).some((name) => name.endsWith('.safetensors'))) {
  problems.push("a user's page bundled by Vite lacks the weights");
}

for (const problem of problems) console.error(problem);
console.log(`${paths.length} files, ${(pack.size / 1024).toFixed(0)} KiB packed`);
process.exitCode = problems.length === 0 ? 0 : 1;
