import { setTimeout as pause } from 'node:timers/promises';
import { probeRtsp } from './ffmpeg.js';
import type { LiveStream } from './live-stream.js';

const firstWaitMs = 1000;
const longestWaitMs = 10_000;

/** Keeps a camera connected to a stream until the signal ends it; tells of each interruption. */
export async function pullRtsp(
  url: string,
  stream: LiveStream,
  tell: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const shown = withoutPassword(url);
  for (let waitMs = firstWaitMs; !signal.aborted; ) {
    try {
      const codecs = await probeRtsp(url, signal);
      tell(`${shown}: ${codecs.video}${codecs.audio ? `, ${codecs.audio}` : ''}`);
      const startMs = Date.now();
      const ended = new Promise<string>((resolve) => void stream.start({ rtspUrl: url }, codecs, resolve));
      const words = await ended;
      if (Date.now() - startMs > longestWaitMs) waitMs = firstWaitMs;
      tell(`${shown}: lost (${words.replaceAll(url, shown) || 'it ended'})`);
    } catch (thrown) {
      if (signal.aborted) return;
      tell((thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(url, shown));
    }
    await pause(waitMs, undefined, { signal }).catch(() => {});
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
