// A table of the ways a page gets the package: what is installed, how the app is built or served, and what a user has to do.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { code, elementPage, nextFiles, page, write } from './app.mjs';
import { serveFolder, startServer } from './serve.mjs';

/** @typedef {import('./serve.mjs').Server} Server */
/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} app rows of one app share its installation
 * @property {Readonly<Record<string, string>>} dependencies
 * @property {object} [manifest] further fields of the app's package.json
 * @property {(folder: string, cdn: string) => Promise<Server>} start
 * @property {string} [copyTo] the files are not shipped: without them the error says so, with them copied there it works
 * @property {string} [assets] the option that goes with it; none where the page finds them by itself
 * @property {string} [fails] what the error says, and no folder on this page could mend it
 */

/** @param {string} folder @param {string[]} command arguments of Node */
function run(folder, command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${stdout}${stderr}`);
}

const moduleScript = (/** @type {string} */ src) => page(`<script type="module" src="${src}"></script>`);

/** @param {string} version @returns {Row[]} */
function vite(version) {
  const dependencies = { vite: version };
  const bin = 'node_modules/vite/bin/vite.js';
  const app = `vite-${version}`;
  const files = { 'index.html': moduleScript('/main.js'), 'main.js': code };
  /** @type {Row[]} */
  const rows = [
    {
      name: `Vite ${version}, dev`,
      app,
      dependencies,
      start: (folder) => {
        write(folder, files);
        return startServer(folder, [bin, '--port', '0', '--base', '/app/']);
      },
    },
    {
      name: `Vite ${version}, build`,
      app,
      dependencies,
      start: (folder) => {
        write(folder, files);
        run(folder, [bin, 'build', '--logLevel', 'warn']);
        return serveFolder(join(folder, 'dist'));
      },
    },
  ];
  return rows;
}

/** An app in a workspace whose packages lie above it. @param {string} version @param {Pick<Row, 'copyTo' | 'assets'>} how @returns {Row} */
const hoistedVite = (version, how = {}) => ({
  name: `Vite ${version}, dev, in a workspace`,
  app: `vite-${version}-workspace`,
  dependencies: { vite: version },
  manifest: { workspaces: ['packages/*'] },
  ...how,
  start: (folder) => {
    write(folder, {
      'packages/site/package.json': '{ "name": "site", "private": true, "type": "module" }',
      'packages/site/index.html': moduleScript('/main.js'),
      'packages/site/main.js': code,
    });
    return startServer(join(folder, 'packages/site'), ['../../node_modules/vite/bin/vite.js', '--port', '0']);
  },
});

/** @param {'development' | 'production'} mode @returns {Row} */
const webpack = (mode) => ({
  name: `webpack 5, ${mode}`,
  app: 'webpack',
  dependencies: { webpack: '5', 'webpack-cli': '7' },
  start: (folder) => {
    write(folder, { 'src/index.js': code, [`${mode}/index.html`]: page('<script src="/main.js"></script>') });
    run(folder, ['node_modules/webpack/bin/webpack.js', '--mode', mode, '--output-path', mode]);
    return serveFolder(join(folder, mode));
  },
});

/** @param {string} name @param {string} plugins @param {Pick<Row, 'copyTo' | 'assets'>} how @returns {Row} */
const rollup = (name, plugins, how) => ({
  name,
  app: 'rollup',
  dependencies: {
    rollup: '4',
    '@rollup/plugin-node-resolve': '16',
    '@web/rollup-plugin-import-meta-assets': '2',
  },
  ...how,
  start: (folder) => {
    write(folder, {
      'main.js': code,
      'rollup.config.js': `import resolve from '@rollup/plugin-node-resolve';
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';
export default { input: 'main.js', output: { dir: 'out', format: 'es' }, plugins: [${plugins}] };`,
    });
    rmSync(join(folder, 'out'), { recursive: true, force: true });
    run(folder, ['node_modules/rollup/dist/bin/rollup', '-c', '--silent']);
    write(folder, { 'out/index.html': moduleScript('/main.js') });
    return serveFolder(join(folder, 'out'));
  },
});

/** @param {string} folder @param {'esm' | 'iife'} format */
function esbuild(folder, format) {
  write(folder, { 'main.js': code });
  rmSync(join(folder, 'out'), { recursive: true, force: true });
  const splitting = format === 'esm' ? ['--splitting'] : ['--log-override:empty-import-meta=silent'];
  const args = ['main.js', '--bundle', `--format=${format}`, '--outdir=out', '--log-level=error', ...splitting];
  spawnEsbuild(folder, args);
  write(folder, {
    'out/index.html': format === 'esm' ? moduleScript('/main.js') : page('<script src="main.js"></script>'),
  });
}

/** Its program is no script. @param {string} folder @param {string[]} args */
function spawnEsbuild(folder, args) {
  write(folder, {
    'build.mjs': `import { spawnSync } from 'node:child_process';
const { status } = spawnSync('npx', ['esbuild', ...${JSON.stringify(args)}], { stdio: 'inherit' });
process.exit(status ?? 1);`,
  });
  run(folder, ['build.mjs']);
}

/** @param {string} name @param {'esm' | 'iife'} format @param {Pick<Row, 'copyTo' | 'assets'>} how @returns {Row} */
const esbuildRow = (name, format, how) => ({
  name,
  app: 'esbuild',
  dependencies: { esbuild: '0.28' },
  ...how,
  start: (folder) => {
    esbuild(folder, format);
    return serveFolder(join(folder, 'out'));
  },
});

/** @param {'dev' | 'build'} how @returns {Row} */
const parcel = (how) => ({
  name: `Parcel 2, ${how}`,
  app: 'parcel',
  dependencies: { parcel: '2' },
  manifest: { browserslist: 'last 1 chrome version' },
  start: (folder) => {
    write(folder, { 'src/index.html': page('<script type="module" src="./main.js"></script>'), 'src/main.js': code });
    const bin = 'node_modules/parcel/lib/bin.js';
    if (how === 'dev') return startServer(folder, [bin, 'serve', 'src/index.html', '--port', String(port())]);
    run(folder, [bin, 'build', 'src/index.html', '--no-cache', '--log-level', 'error']);
    return serveFolder(join(folder, 'dist'));
  },
});

let nextPort = 31_000 + (process.pid % 20_000);
const port = () => nextPort++;

/** @param {'webpack' | 'turbopack'} bundler @param {'dev' | 'build'} how @returns {Row} */
const next = (bundler, how) => ({
  name: `Next.js 16, ${bundler}, ${how}`,
  app: 'next',
  dependencies: { next: '16', react: '19', 'react-dom': '19' },
  start: (folder) => {
    write(folder, nextFiles);
    rmSync(join(folder, '.next'), { recursive: true, force: true });
    const bin = 'node_modules/next/dist/bin/next';
    if (how === 'dev') return startServer(folder, [bin, 'dev', `--${bundler}`, '-p', String(port())]);
    run(folder, [bin, 'build', `--${bundler}`]);
    return startServer(folder, [bin, 'start', '-p', String(port())]);
  },
});

const packageIn = (/** @type {string} */ folder) => join(folder, 'node_modules/vitreous');

/** @type {readonly Row[]} */
export const rows = [
  ...['5', '6', '7', '8'].flatMap(vite),
  hoistedVite('5', { copyTo: 'packages/site/public/vitreous', assets: '/vitreous/' }),
  hoistedVite('7'),
  webpack('development'),
  webpack('production'),
  rollup('Rollup 4', 'resolve()', { copyTo: 'out' }),
  rollup('Rollup 4, @web/rollup-plugin-import-meta-assets', 'resolve(), importMetaAssets()', {}),
  esbuildRow('esbuild, files beside the bundle', 'esm', { copyTo: 'out' }),
  esbuildRow('esbuild, option assets', 'esm', { copyTo: 'out/static/vitreous', assets: '/static/vitreous' }),
  esbuildRow('esbuild, classic script', 'iife', { copyTo: 'out' }),
  parcel('dev'),
  parcel('build'),
  next('turbopack', 'dev'),
  next('turbopack', 'build'),
  next('webpack', 'dev'),
  next('webpack', 'build'),
  {
    name: 'no bundler, import map to a CDN folder',
    app: 'plain',
    dependencies: {},
    start: (folder, cdn) => {
      const map = JSON.stringify({ imports: { vitreous: `${cdn}dist/index.js` } });
      write(folder, {
        'map/index.html': page(`<script type="importmap">${map}</script><script type="module">${code}</script>`),
      });
      return serveFolder(join(folder, 'map'));
    },
  },
  {
    name: 'no bundler, <vitreous-video> from dist/',
    app: 'plain',
    dependencies: {},
    start: (folder) => {
      cpSync(join(packageIn(folder), 'dist'), join(folder, 'plain/lib'), { recursive: true });
      write(folder, { 'plain/index.html': elementPage('./lib/element.js') });
      return serveFolder(join(folder, 'plain'));
    },
  },
  {
    name: 'no bundler, <vitreous-video assets>, code alone',
    app: 'plain',
    dependencies: {},
    copyTo: 'code/weights',
    assets: 'weights',
    start: (folder) => {
      cpSync(join(packageIn(folder), 'dist'), join(folder, 'code/lib'), { recursive: true });
      rmSync(join(folder, 'code/lib/models'), { recursive: true, force: true });
      write(folder, { 'code/index.html': elementPage('./lib/element.js') });
      return serveFolder(join(folder, 'code'));
    },
  },
  {
    name: "a scheme of an app's own (an extension's page)",
    app: 'plain',
    dependencies: {},
    start: async (folder) => {
      cpSync(join(packageIn(folder), 'dist'), join(folder, 'extension/lib'), { recursive: true });
      write(folder, {
        'extension/manifest.json': '{ "manifest_version": 3, "name": "app", "version": "1" }',
        'extension/main.js': code.replace("'vitreous'", "'./lib/index.js'"),
        'extension/index.html': moduleScript('./main.js'),
      });
      return { url: `extension:${join(folder, 'extension')}`, stop: async () => {} };
    },
  },
  {
    name: 'file://, classic script',
    app: 'esbuild',
    dependencies: { esbuild: '0.28' },
    fails: 'Browsers do not fetch from file://',
    start: async (folder) => {
      esbuild(folder, 'iife');
      return { url: `file://${join(folder, 'out/index.html')}`, stop: async () => {} };
    },
  },
];
