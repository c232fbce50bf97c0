import { openFile } from '../../plugin/adapters/mediabunny.js';
import { enhance } from '../../plugin/index.js';
import type { WorkerAnswer } from './engine-half.worker.js';

declare global {
  interface Window {
    /** Draws the first frames of a file in a worker; resolves to what the worker told, in order. */
    inWorker(url: string, frames: number): Promise<WorkerAnswer[]>;
    /** Draws a file's frame at a time, in seconds, on this page. Resolves once it shows. */
    onPage(url: string, seconds: number): Promise<void>;
  }
}

function canvas(id: string): HTMLCanvasElement {
  const found = document.getElementById(id);
  if (!(found instanceof HTMLCanvasElement)) throw new Error(`no <canvas id="${id}">`);
  return found;
}

window.inWorker = (url, frames) => {
  const worker = new Worker(new URL('./engine-half.worker.ts', import.meta.url), { type: 'module' });
  const told: WorkerAnswer[] = [];
  const offscreen = canvas('worker').transferControlToOffscreen();
  worker.postMessage({ canvas: offscreen, url: new URL(url, location.href).href, frames }, [offscreen]);
  return new Promise((resolve, reject) => {
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerAnswer>) => {
      told.push(data);
      if (data.type === 'end') resolve(told);
    });
  });
};

window.onPage = async (url, seconds) => {
  const source = await openFile(url);
  const enhanced = await enhance(source, {
    canvas: canvas('page'),
    upscale: { quality: 'S', force: true, adaptive: false },
  });
  const drawn = new Promise((resolve) => enhanced.addEventListener('draw', resolve, { once: true }));
  source.currentTime = seconds;
  await drawn;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
};
document.documentElement.dataset.ready = 'true';
