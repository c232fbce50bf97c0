import { spawn } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @typedef {{ url: string, stop: () => Promise<void> }} Server */

const types = /** @type {Readonly<Record<string, string>>} */ ({
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
});

/**
 * A server of files that answers what it lacks as most apps' do: with index.html and status 200. Any page may read them.
 *
 * @param {string} folder
 * @returns {Promise<Server>}
 */
export async function serveFolder(folder) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const asked = join(folder, path);
    const isFile = existsSync(asked) && statSync(asked).isFile();
    const file = isFile ? asked : join(folder, 'index.html');
    response.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Access-Control-Allow-Origin': '*',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return {
    url: `http://localhost:${address.port}/`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Starts a bundler's own server, and waits until it has said where it is.
 *
 * @param {string} folder
 * @param {string[]} args of Node
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<Server>}
 */
export async function startServer(folder, args, env = {}) {
  const server = spawn(process.execPath, args, {
    cwd: folder,
    // A group of its own: what it starts ends with it.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', BROWSER: 'none', NEXT_TELEMETRY_DISABLED: '1', ...env },
  });
  let words = '';
  const ended = new Promise((resolve) => server.once('close', resolve));
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no server after a minute:\n${words}`)), 60_000);
    ended.then(() => reject(new Error(`the server ended:\n${words}`)));
    for (const stream of [server.stdout, server.stderr])
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        words += text;
        const found = /https?:\/\/localhost:\d+\/?\S*/.exec(words)?.[0];
        if (!found) return;
        clearTimeout(timer);
        resolve(found);
      });
  });
  return {
    url,
    stop: async () => {
      if (server.pid === undefined || server.exitCode !== null) return;
      if (process.platform === 'win32') server.kill();
      else process.kill(-server.pid, 'SIGTERM');
      await ended;
    },
  };
}
