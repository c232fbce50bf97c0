import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { createServer, type ViteDevServer } from 'vite';
import { CommandError } from '../../cli/command-error.js';
import { setUp } from '../../e2e/setup/setup.mjs';

const root = resolve(import.meta.dirname, '../..');

/** Adapter names in full; no watchdog, which takes a long frame on a software GPU for a hang. */
const chromiumArgs = ['--enable-webgpu-developer-features', '--disable-gpu-watchdog'];

/** The bench's page in a Chromium of its own, on a server of its own. */
export interface BenchBrowser {
  readonly page: Page;
  close(): Promise<void>;
}

async function startServer(cacheDir: string): Promise<ViteDevServer> {
  const server = await createServer({
    mode: 'e2e',
    configFile: join(root, 'vite.config.ts'),
    cacheDir,
    logLevel: 'error',
    // An edit while it runs must not reload the page.
    server: { hmr: false, ws: false, watch: null, host: 'localhost' },
  });
  return server.listen();
}

function findTools(): ReturnType<typeof setUp> {
  try {
    return setUp();
  } catch (cause) {
    throw new CommandError('adapter-unavailable', cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A page of the bench, and the global that it defines once it is ready. */
interface BenchPage {
  readonly path: string;
  readonly ready: string;
}

const peersPage: BenchPage = { path: 'bench/peers/page.html', ready: 'openPeersBench' };

/**
 * Opens the page. With `cold` the software driver's shader cache starts empty, so that every first frame compiles in full.
 *
 * @throws CommandError `adapter-unavailable` when there is no Chromium.
 */
export async function openBrowser(cold: boolean, { path, ready } = peersPage): Promise<BenchBrowser> {
  const tools = findTools();
  const scratch = mkdtempSync(join(tmpdir(), 'vitreous-peers-'));
  // Also when an interrupt ends the process.
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  let server: ViteDevServer | undefined;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await server?.close();
  };
  try {
    server = await startServer(join(scratch, 'vite'));
    const [url] = server.resolvedUrls?.local ?? [];
    browser = await chromium.launch({
      executablePath: tools.chromium,
      // An interrupt ends the measurement, and what was measured is printed: the browser is closed then.
      handleSIGINT: false,
      handleSIGTERM: false,
      args: [...tools.chromiumArgs, ...chromiumArgs],
      env: { ...definedEnv(), ...(cold ? { MESA_SHADER_CACHE_DIR: join(scratch, 'shaders') } : {}) },
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(0); // Frames of a software GPU take as long as they take.
    await page.goto(`${url}${path}`);
    await page.waitForFunction((name) => name in window, ready);
    return { page, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
