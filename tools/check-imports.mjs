// The import rules of .dependency-cruiser.cjs, with a proof that they saw the code: dependency-cruiser skips what it cannot parse
// and then finds nothing wrong with nothing.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folders = ['plugin', 'models', 'cli', 'demo', 'e2e', 'tools', 'bench'];

const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    ...folders,
    'vite.config.ts',
  ],
  { cwd: root, encoding: 'utf8', maxBuffer: 256 << 20 },
);

/**
 * @typedef {object} Violation
 * @property {string} from
 * @property {string} to
 * @property {{ name: string }} rule
 * @property {{ name: string }[]} [cycle]
 *
 * @typedef {object} Cruise
 * @property {{ source: string, dependencies: { resolved: string }[] }[]} modules
 * @property {{ violations: Violation[] }} summary
 */

/** @type {Cruise} */
let cruise;
try {
  cruise = JSON.parse(run.stdout);
} catch {
  console.error(`dependency-cruiser gave no report:\n${run.stderr}`);
  process.exit(1);
}

const seen = new Map(cruise.modules.map((module) => [module.source, module.dependencies.length]));
const present = readdirSync(join(root, 'plugin'), { recursive: true, encoding: 'utf8' })
  .map((name) => `plugin/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
const unseen = present.filter((name) => !seen.has(name));
const dependencies = present.reduce((total, name) => total + (seen.get(name) ?? 0), 0);

for (const { rule, from, to, cycle } of cruise.summary.violations) {
  console.error(`${rule.name}: ${from} → ${cycle ? cycle.map(({ name }) => name).join(' → ') : to}`);
}
for (const name of unseen) console.error(`not seen by dependency-cruiser: ${name}`);
if (dependencies === 0) console.error('dependency-cruiser saw no import in plugin/');
const failed = cruise.summary.violations.length > 0 || unseen.length > 0 || dependencies === 0;
console.log(`${seen.size} modules, ${dependencies} imports in plugin/, ${cruise.summary.violations.length} violations`);
process.exitCode = failed ? 1 : 0;
