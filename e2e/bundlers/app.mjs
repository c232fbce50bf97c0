// The app that every bundler gets: a page with a video, and a function that enhances it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const video = '<video muted playsinline width="640" height="360"></video>';

/** Its code; `window.start` is called by the test. */
export const code = `
import { enhance } from 'vitreous';
window.start = async (base64, assets) => {
  const video = document.querySelector('video');
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  video.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
  try {
    const enhanced = await enhance(video, { upscale: { quality: 'S', force: true }, ...(assets ? { assets } : {}) });
    const { state, why } = enhanced;
    const { S: frames = 0 } = enhanced.stats.framesByTier;
    enhanced.dispose();
    return { state, frames, why: why?.message };
  } catch (error) {
    return { code: error.code, message: String(error.message) };
  }
};
`;

/** @param {string} script */
export const page = (script) =>
  `<!doctype html><html><head><title>app</title></head><body>${video}${script}</body></html>`;

/**
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} files text by path
 */
export function write(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Files of an app of Next.js: the page is rendered on the server too. */
export const nextFiles = {
  'app/layout.js':
    'export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }',
  'app/page.js': `'use client';
import { useEffect } from 'react';
import 'vitreous/element';
${code.trim().replace('window.start =', 'const start =')}
export default function Page() {
  useEffect(() => { window.start = start; }, []);
  return <video muted playsInline width={640} height={360} />;
}
`,
};

/** The element on a page without any bundler: \`script\` is the address of the package's dist/element.js. @param {string} script */
export const elementPage = (script) => `<!doctype html><html><head><title>element</title></head><body>
<vitreous-video upscale="S" enabled="false">${video}</vitreous-video>
<script type="module">
import '${script}';
window.start = (base64, assets) => new Promise((resolve) => {
  const element = document.querySelector('vitreous-video');
  if (assets) element.setAttribute('assets', assets);
  element.options = { upscale: { force: true } };
  element.addEventListener('fallback', ({ code, message }) => resolve({ code, message }), { once: true });
  element.addEventListener('statechange', ({ to }) => {
    const frames = element.enhanced?.stats.framesByTier.S ?? 0;
    if (to === 'running') resolve({ state: to, frames });
  });
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  element.nativeEl.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
  element.enabled = true;
});
</script></body></html>`;
