#!/usr/bin/env node
// Firefox as Playwright starts it, with what Playwright 1.65 asks of WebDriver BiDi and the Firefox in VITREOUS_FIREFOX (Debian's is 153) does not
// know yet answered in its place: relays its socket, and tells Playwright where, in Firefox's words.
import { spawn } from 'node:child_process';
import { WebSocket, WebSocketServer } from 'ws';

/** Commands that change nothing in our tests. */
const answered = ['emulation.setMediaFeaturesOverride'];

const firefox = spawn(process.env.VITREOUS_FIREFOX || 'firefox', process.argv.slice(2), {
  stdio: ['ignore', 'pipe', 'pipe'],
});
firefox.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
firefox.once('exit', (code) => process.exit(code ?? 1));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => firefox.kill(signal));
firefox.stdout.pipe(process.stdout);
firefox.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
  const url = /WebDriver BiDi listening on (ws:\S+)/.exec(text)?.[1];
  if (url) relay(url);
  else process.stderr.write(text);
});

/** @param {string} url of Firefox's socket */
function relay(url) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.once('listening', () => {
    const address = server.address();
    if (typeof address === 'object') console.error(`WebDriver BiDi listening on ws://127.0.0.1:${address?.port}`);
  });
  server.on('connection', (client, { url: path }) => {
    const browser = new WebSocket(url + path, { perMessageDeflate: false });
    const opened = new Promise((resolve) => browser.once('open', resolve));
    client.on('message', async (data) => {
      const { id, method } = JSON.parse(String(data));
      if (answered.includes(method)) {
        client.send(JSON.stringify({ type: 'success', id, result: {} }));
        return;
      }
      await opened;
      browser.send(String(data));
    });
    browser.on('message', (data) => client.send(String(data)));
    client.once('close', () => browser.close());
    browser.once('close', () => client.close());
    // Whoever is at the other end hears of it by the close.
    for (const socket of [client, browser]) socket.on('error', () => socket.terminate());
  });
}
