// Installs the packed package into an app of every bundler, opens each in Chromium and enhances a video there: `npm test -- bundlers`, alone
// `node e2e/bundlers/main.mjs [NAME …]`, where a row runs whose name has one of the words. Needs `npm run build`, the npm registry and some minutes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { entryPoints } from '../../tools/entry-points.mjs';
import { install } from '../../tools/packaging/install.mjs';
import { setUp } from '../setup/setup.mjs';
import { rows } from './rows.mjs';
import { serveFolder } from './serve.mjs';

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {{ state?: string, frames?: number, why?: string, code?: string, message?: string }} Answer */

const root = join(import.meta.dirname, '../..');
const clip = readFileSync(join(root, 'demo/public/clips/bunny-180p.mp4')).toString('base64');
const words = process.argv.slice(2);
const chosen = rows.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'vitreous-bundlers-')));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const { chromium: executablePath, chromiumArgs } = setUp();
const options = { executablePath, args: [...chromiumArgs, '--autoplay-policy=no-user-gesture-required'] };

/** @type {{ filename: string }[]} */
const [pack] = JSON.parse(
  spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], {
    cwd: root,
    encoding: 'utf8',
  }).stdout,
);
if (!pack) throw new Error('npm pack packed nothing');
const tarball = join(scratch, pack.filename);

/** @type {Map<string, string>} */
const installed = new Map();
/** @param {Pick<Row, 'app' | 'dependencies' | 'manifest'>} row */
function appOf({ app, dependencies, manifest = {} }) {
  const folder = installed.get(app) ?? join(scratch, app);
  if (!installed.has(app)) {
    if ('workspaces' in manifest) mkdirSync(join(folder, 'packages/site'), { recursive: true });
    install(folder, { vitreous: `file:${tarball}`, ...dependencies }, manifest);
    installed.set(app, folder);
  }
  return folder;
}

/**
 * Opens a page as a user's browser does, its cache empty, and enhances the video there.
 *
 * @param {string} url
 * @param {string} [assets]
 * @returns {Promise<Answer>}
 */
async function tryPage(url, assets) {
  const extension = url.startsWith('extension:') ? url.slice('extension:'.length) : undefined;
  const args = extension
    ? [...options.args, `--load-extension=${extension}`, '--disable-features=DisableLoadExtensionCommandLineSwitch']
    : options.args;
  const context = await chromium.launchPersistentContext('', {
    ...options,
    args,
    headless: true,
    ignoreDefaultArgs: extension ? ['--disable-extensions'] : [],
  });
  try {
    const page = await context.newPage();
    /** @type {string[]} */
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(extension ? `chrome-extension://${extensionId(extension)}/index.html` : url, { timeout: 120_000 });
    // A server in development may load the page again when it has bundled what it found.
    for (let attempt = 0; ; attempt++)
      try {
        await page.waitForFunction(() => 'start' in window, undefined, { timeout: 90_000 });
        return await page.evaluate(([bytes, folder]) => Reflect.get(window, 'start')(bytes, folder), [clip, assets]);
      } catch (thrown) {
        if (attempt === 2 || !/context was destroyed|navigation/.test(String(thrown)))
          throw new Error(`${thrown}\n${faults.join('\n')}`);
      }
  } finally {
    await context.close();
  }
}

/** Chromium derives it of the folder's path. @param {string} folder */
const extensionId = (folder) =>
  [...createHash('sha256').update(folder).digest('hex').slice(0, 32)]
    .map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)))
    .join('');

/** @param {Answer} answer */
function mustRun(answer) {
  if (answer.state !== 'running' || !answer.frames) throw new Error(`no enhanced frame: ${JSON.stringify(answer)}`);
}

/**
 * @param {Row} row
 * @param {string} cdn
 * @returns {Promise<string>} what a user has to do
 */
async function check(row, cdn) {
  const folder = appOf(row);
  if (row.copyTo !== undefined) rmSync(join(folder, row.copyTo, 'models'), { recursive: true, force: true });
  const server = await row.start(folder, cdn);
  try {
    const first = await tryPage(server.url);
    if (row.fails !== undefined) {
      if (!first.message?.includes(row.fails)) throw new Error(`another answer: ${JSON.stringify(first)}`);
      return `cannot: "${row.fails}"`;
    }
    if (row.copyTo === undefined) {
      mustRun(first);
      return 'nothing';
    }
    if (first.code !== 'weights-format' || !/found HTML from .*copy-assets DIR.*assets/.test(first.message ?? ''))
      throw new Error(`another answer: ${JSON.stringify(first)}`);
    const copy = spawnSync('npx', ['vitreous', 'copy-assets', row.copyTo], { cwd: folder, encoding: 'utf8' });
    if (copy.status !== 0) throw new Error(`copy-assets failed: ${copy.stderr}`);
    mustRun(await tryPage(server.url, row.assets));
    return `copy-assets ${row.copyTo}${row.assets === undefined ? '' : `, assets: '${row.assets}'`} (before: ${first.code}, HTML)`;
  } finally {
    await server.stop();
  }
}

/** Servers import every entry point that needs no peer. */
function checkNode() {
  const folder = appOf({ app: 'plain', dependencies: {} });
  const names = ['index', 'element', 'whep', 'whip'].filter((name) => entryPoints.some((entry) => entry.name === name));
  for (const name of names) {
    const specifier = name === 'index' ? 'vitreous' : `vitreous/${name}`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', `import('${specifier}')`], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`import '${specifier}' in Node: ${stderr}`);
  }
  return `nothing (${names.join(', ')})`;
}

/** @type {{ passed: number, failed: string[], skipped: never[] }} */
const report = { passed: 0, failed: [], skipped: [] };
/** @type {string[]} */
const table = [];
/** @param {string} name @param {() => string | Promise<string>} work */
async function row(name, work) {
  const startMs = Date.now();
  let result = '';
  try {
    result = await work();
    report.passed++;
  } catch (thrown) {
    result = `FAILED: ${thrown instanceof Error ? thrown.message : thrown}`;
    report.failed.push(`bundlers: ${name}`);
  }
  console.log(
    `${result.startsWith('FAILED') ? '✗' : '✓'} ${name}: ${result} (${((Date.now() - startMs) / 1000).toFixed(0)} s)`,
  );
  table.push(`| ${name} | ${result.split('\n')[0]} |`);
}

const cdnApp = appOf({ app: 'plain', dependencies: {} });
const cdn = await serveFolder(join(cdnApp, 'node_modules/vitreous'));
if (words.length === 0 || words.includes('Node')) await row('import in Node', checkNode);
for (const one of chosen) await row(one.name, () => check(one, cdn.url));
await cdn.stop();
console.log(`\n| bundler | what to do |\n| --- | --- |\n${table.join('\n')}`);
console.log(`${report.passed} passed, ${report.failed.length} failed`);
if (process.env.VITREOUS_REPORT) writeFileSync(process.env.VITREOUS_REPORT, JSON.stringify(report));
process.exitCode = report.failed.length === 0 ? 0 : 1;
