// Every name that an entry point exports has a doc comment.
import { join } from 'node:path';
import ts from 'typescript';
import { entryPoints } from './entry-points.mjs';

const root = join(import.meta.dirname, '..');
const entries = entryPoints.map(({ source }) => source);

const config = ts.getParsedCommandLineOfConfigFile(
  join(root, 'tsconfig.build.json'),
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
    },
  },
);
if (config === undefined) throw new Error('tsconfig.build.json cannot be read');
const program = ts.createProgram(config.fileNames, config.options);
const checker = program.getTypeChecker();

/** @type {Set<string>} */
const undocumented = new Set();
let count = 0;

/**
 * @param {ts.Symbol} symbol
 * @param {string} name
 */
function requireComment(symbol, name) {
  count++;
  if (symbol.getDocumentationComment(checker).length === 0 && symbol.getJsDocTags(checker).length === 0) {
    undocumented.add(name);
  }
}

for (const entry of entries) {
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} exports nothing`);
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    requireComment(symbol, exported.name);
  }
}

for (const name of undocumented) console.error(`needs a doc comment: ${name}`);
console.log(`${count} public names, ${undocumented.size} without a doc comment`);
process.exitCode = undocumented.size === 0 && count > 0 ? 0 : 1;
