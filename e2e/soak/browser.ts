import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, type CDPSession, chromium, type Page } from '@playwright/test';
import { createServer, type ViteDevServer } from 'vite';
import { seeEverywhere } from '../everywhere.js';
import { setUp } from '../setup/setup.mjs';
import { waitsForItself } from './deadlock.js';
import { keepLedger } from './ledger.js';

const root = resolve(import.meta.dirname, '../..');

/** A browser may lose its GPU process as often as the soak wants, and a page that saw it may go on using GPUs. */
const chromiumArgs = [
  '--headless',
  '--remote-debugging-port=0',
  '--no-first-run',
  '--window-size=1000,400',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-domain-blocking-for-3d-apis',
  '--disable-gpu-process-crash-limit',
  '--disable-gpu-watchdog',
];

/** The soak's page in a Chromium of its own, on a server of its own. */
export interface SoakBrowser {
  readonly page: Page;
  /** Another page, which hides the soak's when it comes to the front. */
  readonly behind: Page;
  /** Speaks with the page. */
  readonly pageSession: CDPSession;
  /** Speaks with the browser. */
  readonly browserSession: CDPSession;
  /** What went wrong in the page and nobody caught. */
  readonly uncaught: readonly string[];
  /** Whether a page of it has locked itself out, by the browser's own fault. */
  deadlocked(): Promise<boolean>;
  close(): Promise<void>;
}

/** @throws where there is no Chromium. */
export async function openSoakBrowser(): Promise<SoakBrowser> {
  const tools = setUp();
  const scratch = mkdtempSync(join(tmpdir(), 'vitreous-soak-'));
  let server: ViteDevServer | undefined;
  let child: ChildProcess | undefined;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await server?.close();
    await ended(child);
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    server = await createServer({
      mode: 'e2e',
      configFile: join(root, 'vite.config.ts'),
      // Of its own: it may run beside the tests.
      cacheDir: join(scratch, 'vite'),
      logLevel: 'error',
      server: { hmr: false, ws: false, watch: null, host: 'localhost' },
    });
    await server.listen();
    const [url] = server.resolvedUrls?.local ?? [];
    const profile = join(scratch, 'profile');
    const args = [...tools.chromiumArgs, ...chromiumArgs, `--user-data-dir=${profile}`, 'about:blank'];
    // In a group of its own: Ctrl-C is the soak's alone, which ends it with what was found so far.
    const started = spawn(tools.chromium, args, { stdio: 'ignore', detached: true });
    child = started;
    process.once('exit', () => started.kill('SIGKILL'));
    // Without the defaults, which keep every page visible even behind another one.
    browser = await chromium.connectOverCDP(await endpoint(profile), { noDefaults: true });
    const [context] = browser.contexts();
    if (!context) throw new Error('soak: a browser without a context');
    const [behind = await context.newPage()] = context.pages();
    const page = await context.newPage();
    const uncaught: string[] = [];
    page.on('pageerror', (error) => uncaught.push(String(error.stack ?? error)));
    page.on('crash', () => uncaught.push('the page crashed'));
    await seeEverywhere(page);
    await keepLedger(page);
    await page.goto(`${url}e2e/pages/soak.html`);
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
    const pageSession = await page.context().newCDPSession(page);
    const browserSession = await browser.newBrowserCDPSession();
    const deadlocked = async (): Promise<boolean> => {
      const { processInfo } = await browserSession.send('SystemInfo.getProcessInfo');
      return processInfo.some(({ type, id }) => type === 'renderer' && waitsForItself(id));
    };
    return { page, behind, pageSession, browserSession, uncaught, deadlocked, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Where a browser that was just started can be spoken to. */
async function endpoint(profile: string): Promise<string> {
  const file = join(profile, 'DevToolsActivePort');
  for (const untilMs = Date.now() + 60_000; Date.now() < untilMs; ) {
    const [port] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    if (port) return `http://127.0.0.1:${port}`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('soak: the browser does not start');
}

/** Ends it, by force if need be. */
async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await closed;
  clearTimeout(timer);
}
