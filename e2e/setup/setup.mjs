// Finds or installs what the tests need beside npm packages: a Chromium with WebGPU, a GPU driver for Node, ffmpeg.
// Alone: `node e2e/setup/setup.mjs`. Quick when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium as playwrightChromium } from '@playwright/test';
import { hasGpuDevice, useSoftwareGpu } from '../../cli/gpu/software-gpu.mjs';

/**
 * @typedef {object} Tools
 * @property {string} chromium a Chromium with WebGPU when started with `chromiumArgs`
 * @property {string[]} chromiumArgs
 * @property {string} plainChromium a Chromium without the software GPU, for tests of pages without WebGPU
 * @property {string | undefined} [firefox] where there is one that the tests can drive
 */

const realGpuArgs = ['--enable-unsafe-webgpu', '--ignore-gpu-blocklist'];
/** Pages are painted by the processor at once, and not by a GPU that is the processor: a quarter less work a page. */
const softwareGpuArgs = ['--disable-gpu-rasterization'];

function isDebian() {
  if (!existsSync('/etc/os-release')) return false;
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID=debian$/m.test(release);
}

/** Chrome's and Chromium's usual places; the browser that Playwright downloaded comes first. */
function findBrowser() {
  const candidates = [
    playwrightChromium.executablePath(),
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    join(process.env.PROGRAMFILES ?? 'C:\\Program Files', 'Google\\Chrome\\Application\\chrome.exe'),
  ];
  return candidates.find((path) => path !== '' && existsSync(path));
}

/**
 * Debian's, or the one that VITREOUS_FIREFOX names: what others install (a snap, an older one) may not let itself be driven. Through a script of ours
 * (firefox-bidi.mjs), which Windows cannot start as a program.
 */
function findFirefox() {
  if (process.platform === 'win32') return undefined;
  const candidates = [process.env.VITREOUS_FIREFOX, '/usr/bin/firefox-esr'];
  return candidates.find((path) => path && existsSync(path));
}

function hasFfmpeg() {
  return spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
}

/** @returns {Tools} */
function setUpDebian() {
  const script = fileURLToPath(new URL('install-software-gpu.sh', import.meta.url));
  const run = spawnSync('bash', [script], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`set-up of the software GPU failed (${script}, exit code ${run.status})`);
  const folder = run.stdout.trim().split('\n').at(-1) ?? '';
  return { chromium: join(folder, 'chromium'), chromiumArgs: softwareGpuArgs, plainChromium: '/usr/bin/chromium' };
}

/** @returns {Tools} */
function detect() {
  const browser = findBrowser();
  const missing = [];
  if (browser === undefined)
    missing.push('a Chromium: run `npx playwright install chromium`, or install Google Chrome');
  if (!hasFfmpeg())
    missing.push('ffmpeg: install it so that `ffmpeg` is on the PATH (apt, dnf, brew or winget: `ffmpeg`)');
  if (browser === undefined || missing.length > 0)
    throw new Error(`missing for the tests:\n  - ${missing.join('\n  - ')}`);
  const args = process.platform === 'linux' ? [...realGpuArgs, '--enable-features=Vulkan'] : realGpuArgs;
  return { chromium: browser, chromiumArgs: args, plainChromium: browser };
}

/**
 * Prepares the machine and publishes the paths to child processes (the tests' configuration) as environment variables.
 *
 * @returns {Tools}
 */
export function setUp() {
  const tools = { ...(isDebian() && !hasGpuDevice() ? setUpDebian() : detect()), firefox: findFirefox() };
  useSoftwareGpu();
  process.env.VITREOUS_CHROMIUM = tools.chromium;
  process.env.VITREOUS_CHROMIUM_ARGS = JSON.stringify(tools.chromiumArgs);
  process.env.VITREOUS_PLAIN_CHROMIUM = tools.plainChromium;
  // Empty, not absent: assigning undefined would make it the word.
  process.env.VITREOUS_FIREFOX = tools.firefox ?? '';
  return tools;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tools = setUp();
  console.log(`chromium: ${[tools.chromium, ...tools.chromiumArgs].join(' ')}`);
  console.log(`chromium without the software GPU: ${tools.plainChromium}`);
  console.log(`firefox: ${tools.firefox ?? 'none'}`);
  if (process.env.VK_DRIVER_FILES) console.log(`Vulkan driver for Node: ${process.env.VK_DRIVER_FILES}`);
}
