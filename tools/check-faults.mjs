// The table in docs/reliability.md has the faults that tests declare.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultTable, listFaults } from './declared-faults.mjs';

const page = readFileSync(join(import.meta.dirname, '../docs/reliability.md'), 'utf8');
const written = new Set(page.split('\n'));
const declared = faultTable(listFaults()).split('\n');
const missing = declared.filter((line) => !written.has(line));
const known = new Set(declared);
const stale = page
  .slice(page.indexOf('<!-- faults'))
  .split('\n')
  .filter((line) => line.startsWith('|') && !known.has(line));

for (const line of missing) console.error(`missing in docs/reliability.md: ${line}`);
for (const line of stale) console.error(`not declared by a test: ${line}`);
if (missing.length + stale.length > 0) console.error('npm run -s faults -- --list --write mends it');
console.log(declared.at(-1));
process.exitCode = missing.length + stale.length === 0 ? 0 : 1;
