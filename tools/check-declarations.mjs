// Compiles users' pages (packaging/consumer.ts) against the built declarations as a strict user does: several versions of TypeScript, both ways of
// finding modules, `lib` es2022 and dom alone, `skipLibCheck` off. Needs `npm run build`; installs the older versions of TypeScript once.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peers } from './entry-points.mjs';
import { install } from './packaging/install.mjs';

/** @typedef {typeof import('typescript')} TypeScript */

const root = join(import.meta.dirname, '..');
const versions = { 5.4: '5.4.5', 5.9: '5.9.3', '6.0': '6.0.3' };
const resolutions = /** @type {const} */ (['bundler', 'node16']);
const cache = join(root, 'node_modules/.cache/typescripts');

/** Every version in a folder of its own: of dependencies of ours, the last one would be `tsc`. @param {string} version @returns {TypeScript} */
function typeScript(version) {
  const folder = join(cache, version);
  if (!existsSync(join(folder, 'node_modules/typescript/lib/typescript.js'))) install(folder, { typescript: version });
  return createRequire(join(folder, 'package.json'))('typescript');
}

const scratch = mkdtempSync(join(tmpdir(), 'vitreous-consumer-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/**
 * @param {string} name
 * @param {readonly string[]} files of packaging/
 * @param {readonly string[]} packages of ours that it has installed too
 */
function consumer(name, files, packages) {
  const folder = join(scratch, name);
  const installed = join(folder, 'node_modules/vitreous');
  mkdirSync(join(installed, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  for (const file of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.d.ts')) cpSync(join(root, 'dist', file), join(installed, 'dist', file));
  for (const file of files) cpSync(join(root, 'tools/packaging', file), join(folder, file));
  for (const name of packages) {
    const at = join(folder, 'node_modules', name);
    mkdirSync(join(at, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), at, 'junction');
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  return { folder, files: files.map((file) => join(folder, file)) };
}

const alone = consumer('alone', ['consumer-alone.ts'], []);
// Peers' own declarations are theirs to mend: only what is in the package and the page counts.
const beside = consumer('beside', ['consumer.ts', 'consumer-alone.ts'], [...peers, '@types/three', '@webgpu/types']);

/**
 * @param {TypeScript} ts
 * @param {typeof alone} page
 * @param {typeof resolutions[number]} resolution
 * @param {readonly string[]} types
 */
function faultsOf(ts, page, resolution, types) {
  const program = ts.createProgram({
    rootNames: page.files,
    options: {
      target: ts.ScriptTarget.ES2022,
      module: resolution === 'bundler' ? ts.ModuleKind.ES2022 : ts.ModuleKind.Node16,
      moduleResolution: resolution === 'bundler' ? ts.ModuleResolutionKind.Bundler : ts.ModuleResolutionKind.Node16,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: [...types],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    },
  });
  const isOurs = (/** @type {string} */ file) => file.includes('/node_modules/vitreous/') || page.files.includes(file);
  const found =
    page === alone
      ? ts.getPreEmitDiagnostics(program)
      : [
          ...program.getOptionsDiagnostics(),
          ...program.getGlobalDiagnostics(),
          ...program
            .getSourceFiles()
            .filter(({ fileName }) => isOurs(fileName))
            .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
        ];
  return found.map((fault) =>
    ts.formatDiagnostic(fault, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => page.folder,
      getNewLine: () => '\n',
    }),
  );
}

let faults = 0;
for (const version of Object.values(versions)) {
  const ts = typeScript(version);
  for (const resolution of resolutions)
    for (const [what, page, types] of /** @type {const} */ ([
      ['alone', alone, []],
      ['beside every peer, with @webgpu/types', beside, ['@webgpu/types']],
    ])) {
      const found = faultsOf(ts, page, resolution, types);
      faults += found.length;
      console.log(`TypeScript ${ts.version}, ${resolution}, ${what}: ${found.length} errors`);
      for (const fault of found) console.error(fault.trimEnd());
    }
}
process.exitCode = faults === 0 ? 0 : 1;
