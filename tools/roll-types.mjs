// Rolls the declarations up: one `dist/NAME.d.ts` an entry point, with its public API and what that refers to, and removes those of single
// modules. Part of `npm run build`, after `tsc`.
//
// What the package itself exports is written once: the other entry points import it from there, so that a class is the same one everywhere.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import ts from 'typescript';
import { entryPoints } from './entry-points.mjs';

const root = join(import.meta.dirname, '..');

/**
 * Of WebGPU, what TypeScript before 6 does not know; interfaces merge with those of its own library and of `@webgpu/types` where there are any.
 */
const webGpu = {
  GPUDevice: 'interface GPUDevice extends EventTarget { label: string }',
  GPUTexture: 'interface GPUTexture { label: string }',
};

/**
 * @param {string} from
 * @param {string} to
 */
function rollUp(from, to) {
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: from,
      compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json'), skipLibCheck: true },
      newlineKind: 'lf',
      apiReport: { enabled: false },
      docModel: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: to },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  });
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      // Its banner about compiler versions is no news; errors are.
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
}

/** @param {string} file */
const parse = (file) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);

/**
 * The names a statement at the top declares.
 *
 * @param {ts.Statement} statement
 * @returns {string[]}
 */
function declaredBy(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const isNamed =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

/** @param {ts.Statement} statement */
const isExported = (statement) =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

/** A declaration's text, exported or not. @param {ts.Statement} statement */
const bare = (statement) => statement.getText().replace(/^export /, '');

/**
 * Local names that a file exports, with the names they have outside.
 *
 * @param {ts.SourceFile} source
 * @returns {Map<string, string>}
 */
function exportsOf(source) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const statement of source.statements) {
    if (isExported(statement)) for (const name of declaredBy(statement)) names.set(name, name);
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause))
      for (const { name, propertyName } of statement.exportClause.elements)
        names.set((propertyName ?? name).text, name.text);
  }
  return names;
}

/** @param {ts.Node} node @param {Set<string>} into */
function addIdentifiers(node, into) {
  if (ts.isIdentifier(node)) into.add(node.text);
  ts.forEachChild(node, (child) => addIdentifiers(child, into));
}

/**
 * The statements that are exported or that those refer to, by name.
 *
 * @param {readonly ts.Statement[]} statements
 * @param {ReadonlyMap<string, string>} exported
 */
function reachable(statements, exported) {
  const known = new Set(exported.keys());
  /** @type {Set<ts.Statement>} */
  const kept = new Set();
  for (let before = -1; before < kept.size; ) {
    before = kept.size;
    for (const statement of statements)
      if (!kept.has(statement) && declaredBy(statement).some((name) => known.has(name))) {
        kept.add(statement);
        addIdentifiers(statement, known);
      }
  }
  return { kept, known };
}

/** `declare global` of an entry point, which api-extractor leaves out. @param {string} file */
const globalsOf = (file) =>
  parse(file)
    .statements.filter((statement) => ts.isModuleDeclaration(statement))
    .map((statement) => statement.getText());

/** A local name under its outer one. @param {string} local @param {string} outer */
const renamed = (local, outer) => (local === outer ? local : `${outer} as ${local}`);

/**
 * Imports from the package what it exports, in place of copies, and drops what nothing refers to.
 *
 * @param {ts.SourceFile} source
 * @param {ts.SourceFile | undefined} index the package's own declarations
 * @returns {string[]} the new file's statements
 */
function withoutCopies(source, index) {
  const exported = exportsOf(source);
  const shared = index ? exportsOf(index) : new Map();
  /** Outer names by the text of their declarations. @type {Map<string, string>} */
  const originals = new Map();
  for (const statement of index?.statements ?? [])
    for (const name of declaredBy(statement)) {
      const outer = shared.get(name);
      if (outer !== undefined) originals.set(bare(statement), outer);
    }
  /** Outer names by local ones. @type {Map<string, string>} */
  const copies = new Map();
  const own = source.statements.filter((statement) => {
    const outer = originals.get(bare(statement));
    const [name] = declaredBy(statement);
    if (outer === undefined || name === undefined) return true;
    copies.set(name, outer);
    return false;
  });
  const { kept, known } = reachable(own, exported);
  const imported = [...copies].filter(([name]) => known.has(name));
  const lines = [];
  const used = imported.filter(([name]) => [...kept].some((statement) => refersTo(statement, name)));
  if (used.length > 0)
    lines.push(`import type { ${used.map(([local, outer]) => renamed(local, outer)).join(', ')} } from './index.js';`);
  const again = imported.filter(([name]) => exported.has(name));
  if (again.length > 0)
    lines.push(
      `export { ${again.map(([local, outer]) => renamed(exported.get(local) ?? local, outer)).join(', ')} } from './index.js';`,
    );
  for (const statement of own)
    if (ts.isImportDeclaration(statement)) {
      const names = new Set();
      if (statement.importClause) addIdentifiers(statement.importClause, names);
      if ([...names].some((name) => known.has(name))) lines.unshift(statement.getText());
    } else if (ts.isExportDeclaration(statement)) {
      if (![...copies.keys()].some((name) => refersTo(statement, name))) lines.push(statement.getText());
    } else if (kept.has(statement)) lines.push(statement.getFullText().trim());
  return lines;
}

/** @param {ts.Statement} statement @param {string} name */
function refersTo(statement, name) {
  const names = new Set();
  addIdentifiers(statement, names);
  return names.has(name);
}

/**
 * @param {string} text
 * @returns {string[]} what it needs of libraries that a user's compiler may not have
 */
function librariesFor(text) {
  const globals = Object.entries(webGpu).flatMap(([name, declaration]) =>
    new RegExp(`\\b${name}\\b`).test(text) ? [`  ${declaration}`] : [],
  );
  return globals.length > 0 ? [`declare global {\n${globals.join('\n')}\n}`] : [];
}

/** @type {ts.SourceFile | undefined} */
let index;
const ordered = [...entryPoints].sort((a, b) => Number(b.name === 'index') - Number(a.name === 'index'));
for (const { declarations, types } of ordered) {
  rollUp(declarations, types);
  const source = parse(types);
  const statements = withoutCopies(source, index);
  index ??= source;
  const globals = globalsOf(declarations);
  const text = [...statements, ...globals, ...librariesFor(statements.join('\n'))].join('\n\n');
  const references = text.includes('Symbol.dispose') ? '/// <reference lib="esnext.disposable" />\n' : '';
  writeFileSync(types, `${references}${text}\n`);
}
rmSync(join(root, 'dist/types'), { recursive: true, force: true });
