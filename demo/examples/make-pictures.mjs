// Makes the pictures of the index anew: `node demo/examples/make-pictures.mjs [NAME…]`. Each example is opened on the software GPU, and what it
// shows is kept as a small JPEG beside it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { setUp } from '../../e2e/setup/setup.mjs';

const here = import.meta.dirname;
const all = readdirSync(here).filter((file) => file.endsWith('.html') && file !== 'index.html');
const names = process.argv.length > 2 ? process.argv.slice(2) : all.map((file) => file.replace('.html', ''));
/** Of each, in order: the first line that says that its picture is there. */
const shown = /^(running|pinned [1-9]|person |\d+ (person|red car) )/;

const { chromium: executablePath, chromiumArgs } = setUp();
const scratch = mkdtempSync(join(tmpdir(), 'vitreous-pictures-'));
const server = await createServer({
  configFile: join(here, '../../vite.config.ts'),
  logLevel: 'error',
  server: { hmr: false, watch: null },
});
await server.listen();
const [url] = server.resolvedUrls?.local ?? [];
const browser = await chromium.launch({
  executablePath,
  args: [...chromiumArgs, '--autoplay-policy=no-user-gesture-required'],
});
try {
  for (const name of names) {
    const page = await browser.newPage({ viewport: { width: 1024, height: 800 } });
    const line = page.waitForEvent('console', { predicate: (m) => shown.test(m.text()), timeout: 90_000 });
    await page.goto(`${url}examples/${name}.html?software`);
    await page
      .getByRole('button', { name: 'Use a test picture' })
      .click({ timeout: name === 'publish' || name === 'whip' ? 10_000 : 1 })
      .catch(() => {}); // Only where there is no camera.
    // Without a gateway nobody takes what `whip` sends, which shows all the same. Whatever an example shows by then is its picture.
    const refused = page.getByText('[whip-network]').waitFor({ timeout: 90_000 });
    await Promise.race([line, refused]).catch(() => console.error(`${name}: said nothing`));
    for (const other of [line, refused]) other.catch(() => {}); // Ends with the page.
    await page.waitForTimeout(1500);
    const picture = page.locator('main canvas:not([data-vitreous]):visible, main video:visible').first();
    const box = await picture.boundingBox();
    if (!box) throw new Error(`${name} shows no picture`);
    const png = join(scratch, `${name}.png`);
    await page.screenshot({ path: png, clip: { ...box, height: (box.width * 9) / 16 } });
    const jpeg = join(here, 'pictures', `${name}.jpg`);
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', png, '-vf', 'scale=480:270:flags=area', '-q:v', '6', jpeg]);
    console.log(`${name} ${statSync(jpeg).size} bytes`);
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
}
