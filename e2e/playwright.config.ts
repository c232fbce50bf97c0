import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { setUp } from './setup/setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

// Workers evaluate this file again and inherit the environment: set up and choose the port once. A port of its own lets two runs
// on one machine stay apart.
if (process.env.VITREOUS_CHROMIUM === undefined) setUp();
process.env.VITREOUS_E2E_PORT ??= String(20_000 + (process.pid % 20_000));
const baseURL = `http://localhost:${process.env.VITREOUS_E2E_PORT}`;
/** In these nothing plays in time: they may run beside something else. */
const timeless = /\/(cli|bench-peers|bad-input|faults-input|ingest|upscale|highlights)\.spec\.ts$/;
/** Of these, those that hold in any browser (`@chromium`: asserts what is Chromium's own) run in Firefox, too. */
const inFirefox = /\/(ingest|upscale|highlights|playback|lifecycle|file-source|players-element)\.spec\.ts$/;
const firefox = process.env.VITREOUS_FIREFOX || undefined;
const firefoxPrefs = {
  'media.autoplay.default': 0, // Allowed.
  'dom.webgpu.enabled': true, // By default on Windows and macOS, not yet on Linux.
  'gfx.webgpu.ignore-blocklist': true, // Software adapters are on it.
};
/** What is long by nature: `npm run test:long`. */
const long = /\/long\/.+\.spec\.ts$/;
const latency = /\/live-latency\.spec\.ts$/;
const firefoxUse = {
  browserName: 'firefox' as const,
  channel: 'moz-firefox', // By WebDriver BiDi: any Firefox, not one that Playwright built.
  launchOptions: { executablePath: `${root}e2e/setup/firefox-bidi.mjs`, firefoxUserPrefs: firefoxPrefs },
};
const chromiumArgs: string[] = JSON.parse(process.env.VITREOUS_CHROMIUM_ARGS ?? '[]');

export default defineConfig({
  testDir: '.',
  projects: [
    { name: 'timeless', testMatch: timeless },
    { name: 'in time', testMatch: '**/*.spec.ts', testIgnore: [timeless, long, latency] },
    { name: 'latency', testMatch: latency },
    ...(firefox ? [{ name: 'firefox', testMatch: inFirefox, grepInvert: /@chromium/, use: firefoxUse }] : []),
    ...(firefox && process.env.VITREOUS_LONG ? [{ name: 'long, firefox', testMatch: long, use: firefoxUse }] : []),
  ],
  outputDir: `../node_modules/.cache/e2e-results/${process.env.VITREOUS_E2E_PORT}`,
  preserveOutput: 'failures-only',
  // One test at a time, never again: a software GPU uses every core, and a test that fails once has found something.
  workers: 1,
  retries: 0,
  fullyParallel: false,
  forbidOnly: true,
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    baseURL,
    browserName: 'chromium',
    headless: true,
    trace: 'off',
    video: 'off',
    screenshot: 'off',
    // A software GPU draws every pixel of it again for each frame.
    viewport: { width: 1024, height: 640 },
    launchOptions: {
      ...(process.env.VITREOUS_CHROMIUM ? { executablePath: process.env.VITREOUS_CHROMIUM } : {}),
      args: [...chromiumArgs, '--autoplay-policy=no-user-gesture-required'],
    },
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js --mode e2e --port ${process.env.VITREOUS_E2E_PORT} --strictPort`,
    cwd: root,
    url: `${baseURL}/e2e/pages/gpu.html`,
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: 'ignore',
    stderr: 'pipe',
  },
});
