// `npm run -s faults [-- KIND …] [--list] [--write]`: runs all tests of faults and prints them as a table; exit code 1 where one
// failed. `--list` runs nothing; `--write` puts what is declared into docs/reliability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from '../e2e/setup/setup.mjs';
import { faultKinds, faultTable, listFaults, runFaults } from './declared-faults.mjs';

function readOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { list: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} problem @returns {never} */
function usage(problem) {
  console.error(`${problem}\nusage: npm run -s faults [-- KIND …] [--list] [--write]; kinds: ${faultKinds.join(', ')}`);
  process.exit(2);
}

const { values, positionals } = readOptions();
const kinds = positionals.length > 0 ? positionals : faultKinds;
for (const kind of kinds) if (!faultKinds.includes(kind)) usage(`no kind of fault: '${kind}'`);

if (!values.list) setUp();
const faults = values.list ? listFaults(kinds) : runFaults(kinds);
console.log(faultTable(faults));
if (values.write) {
  const file = join(import.meta.dirname, '../docs/reliability.md');
  const page = readFileSync(file, 'utf8');
  const declared = faultTable(listFaults());
  // From the mark to the line of counts.
  const written = /(<!-- faults, written by the command -->\n)[\s\S]*?(?:\n\d+ faults: .*\n|$)/;
  writeFileSync(
    file,
    page.replace(written, (_all, mark) => `${mark}\n${declared}\n`),
  );
}
if (faults.length === 0 || faults.some(({ passed }) => passed === false)) process.exitCode = 1;
