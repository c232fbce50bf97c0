// Runs a TypeScript command-line tool that imports WGSL: `node bench/run.mjs FILE.ts [ARGS…]`.
// FILE either exports `main(args)`, whose number becomes the exit code, or does its work at the top level with process.argv.
// Standard output is the tool's alone.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createServer, createServerModuleRunner } from 'vite';
import { useSoftwareGpu } from '../cli/gpu/software-gpu.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node bench/run.mjs FILE.ts [ARGS…]');
  process.exit(2);
}
const path = resolve(file);
process.argv = [process.execPath, path, ...args];
useSoftwareGpu();

const server = await createServer({
  mode: 'cli',
  configFile: resolve(import.meta.dirname, '../vite.config.ts'),
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: [] },
});
let exitCode = 0;
try {
  const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
  const tool = await runner.import(pathToFileURL(path).href);
  const result = typeof tool.main === 'function' ? await tool.main(args) : undefined;
  if (typeof result === 'number') exitCode = result;
} catch (error) {
  console.error(error);
  exitCode = 1;
} finally {
  await server.close();
}
// A live GPU device keeps Node's event loop alive: leave once what was printed has been written.
process.exitCode ||= exitCode;
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit();
