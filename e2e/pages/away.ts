import * as vitreous from 'vitreous';

/** What the page tells of itself, one after the other. */
export interface AwayReport {
  readonly step: string;
  readonly state: vitreous.EnhancedState;
  readonly visibility: DocumentVisibilityState;
  /** Of the canvas. */
  readonly shown: boolean;
  /** What the browser told of freezing the page (WICG Page Lifecycle), in order. */
  readonly lifecycle: readonly string[];
  /** Why the browser did not keep the page, JSON; empty where it did or does not tell. */
  readonly reasons: string;
}

const video = document.querySelector('video');
const reportTo = new URL(location.href).searchParams.get('report');
if (!video || !reportTo) throw new Error('no <video>, or nobody to report to');

const enhanced = await vitreous.enhance(video, { upscale: { quality: 'S', force: true } });

const frames = (count: number) =>
  new Promise<void>((resolve) => {
    let left = count;
    const onFrame = () => {
      left--;
      if (left > 0) return;
      enhanced.removeEventListener('frame', onFrame);
      resolve();
    };
    enhanced.addEventListener('frame', onFrame);
  });

const changed = (type: string, target: EventTarget = document) =>
  new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

const lifecycle: string[] = [];
for (const type of ['freeze', 'resume']) document.addEventListener(type, () => lifecycle.push(type));

async function report(step: string): Promise<void> {
  const [navigation] = performance.getEntriesByType('navigation');
  const reasons = (navigation as { notRestoredReasons?: unknown } | undefined)?.notRestoredReasons; // Chromium's alone.
  const body: AwayReport = {
    step,
    state: enhanced.state,
    visibility: document.visibilityState,
    shown: getComputedStyle(enhanced.canvas).visibility === 'visible',
    lifecycle,
    reasons: reasons ? JSON.stringify(reasons) : '',
  };
  await fetch(reportTo ?? '', { method: 'POST', mode: 'no-cors', body: JSON.stringify(body) });
}

await video.play();
await frames(3);
if (sessionStorage.getItem('left')) await report('loaded again');
else {
  const hidden = changed('visibilitychange');
  const other = window.open('/e2e/pages/back.html?stay', '_blank');
  await hidden;
  await report('hidden');
  const visible = changed('visibilitychange');
  other?.close();
  await visible;
  await frames(3);
  await report('visible');
  sessionStorage.setItem('left', 'true');
  addEventListener('pageshow', async ({ persisted }) => {
    if (!persisted) return;
    await video.play();
    await frames(3);
    await report('restored');
  });
  location.href = '/e2e/pages/back.html';
}
