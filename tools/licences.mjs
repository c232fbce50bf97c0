// `npm run -s licences`: name, version and licence of what the package can be used with (peers) and is made with (development), and licence
// and provenance of the weights that ship. Exit code 1 for a licence that is not among those below, in a dependency of a dependency too,
// for weights that are not those of their manifest, and for a lock without a hash.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Nothing of them is in the package: none asks for more than to be named where it is handed on. MPL-2.0 keeps to its own files. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'MPL-2.0',
  'Unlicense',
]);

/** Whose package.json names it in a form of old, `licenses`, that locks leave out. */
const told = new Map([['dom-walk@0.1.2', 'MIT']]);

/** How it was trained, step by step, is in the manifest. */
const steps = new Set(['stages', 'command', 'clips']);

/** @param {string} path */
const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** @type {{ packages: Record<string, { version?: string, license?: string, integrity?: string }> }} */
const lock = json('package-lock.json');
const { peerDependencies, devDependencies } = json('package.json');
/** @type {string[]} */
const problems = [];

/** @type {Map<string, number>} */
const counts = new Map();
const installed = Object.entries(lock.packages)
  .filter(([path]) => path !== '')
  .map(([path, { version = '', license, integrity }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = license ?? told.get(`${name}@${version}`) ?? 'none stated';
    if (!allowed.has(licence)) problems.push(`${name} ${version}: ${licence} is not among the allowed licences`);
    if (!integrity) problems.push(`${name} ${version}: no hash in the lock`);
    counts.set(licence, (counts.get(licence) ?? 0) + 1);
    return { path, name, version, licence };
  });

console.log('| used as | package | version | licence |\n| --- | --- | --- | --- |');
for (const [use, names] of /** @type {const} */ ([
  ['peer, optional', Object.keys(peerDependencies)],
  ['development', Object.keys(devDependencies).filter((name) => !(name in peerDependencies))],
]))
  for (const wanted of names) {
    const found = installed.find(({ path }) => path === `node_modules/${wanted}`);
    if (found) console.log(`| ${use} | ${wanted} | ${found.version} | ${found.licence} |`);
    else problems.push(`${wanted}: not in the lock`);
  }
const totals = [...counts].sort(([, a], [, b]) => b - a).map(([licence, count]) => `${licence} ${count}`);
console.log(
  `\n${installed.length} packages in the lock, theirs included: ${totals.join(', ')}; of the package itself: none\n`,
);

console.log('| weights | version | licence | SHA-256 | made from |\n| --- | --- | --- | --- | --- |');
const manifests = readdirSync(join(root, 'models'), { recursive: true, encoding: 'utf8' })
  .map((name) => `models/${name.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('/manifest.json') && !path.includes('/testdata/'))
  .sort();
for (const path of manifests) {
  const { version, licence, provenance, weights } = json(path);
  const folder = dirname(path);
  const bytes = readFileSync(join(root, folder, weights.file));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== weights.sha256)
    problems.push(`${folder}/${weights.file}: SHA-256 ${sha256}, its manifest says ${weights.sha256}`);
  const origin = Object.entries(provenance ?? {})
    .filter(([part]) => !steps.has(part))
    .map(([part, text]) => `${part}: ${Array.isArray(text) ? text.join('; ') : text}`)
    .join('. ');
  if (sha256 !== weights.sha256)
    problems.push(`${folder}/${weights.file}: SHA-256 ${sha256}, its manifest says ${weights.sha256}`);
  if (!licence || !origin) problems.push(`${path}: no ${licence ? 'provenance' : 'licence'}`);
  console.log(`| ${folder.slice('models/'.length)} | ${version} | ${licence} | ${sha256.slice(0, 16)}… | ${origin} |`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
