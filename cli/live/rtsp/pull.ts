import { setTimeout as pause } from 'node:timers/promises';
import { type CameraMedia, lastWords, probeRtsp, startRtspReader } from '../ffmpeg.js';
import { FlvReader } from '../flv/container.js';
import { FlvIngest } from '../flv/ingest.js';
import type { LiveStream } from '../live-stream.js';
import type { RtspUrl } from './url.js';

const firstWaitMs = 1000;
const longestWaitMs = 10_000;
/** A camera that is connected and sends nothing for so long is connected anew. */
const silenceMs = 10_000;

/** Keeps a camera connected to a stream until the signal ends it; tells of each interruption. */
export async function pullRtsp(
  { url, shown }: RtspUrl,
  stream: LiveStream,
  tell: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const hide = (words: string) => words.replaceAll(url, shown);
  let muted = false;
  for (let waitMs = firstWaitMs; !signal.aborted; ) {
    try {
      const found = await probeRtsp(url, signal);
      const codecs: CameraMedia = muted ? { ...found, audio: undefined } : found;
      tell(`${shown}: ${found.video}${found.audio ? `, ${found.audio}${muted ? ' (left out)' : ''}` : ''}`);
      const startMs = Date.now();
      const { words, tags } = await read(url, codecs, stream, (said) => tell(`${shown}: ${hide(said)}`), signal);
      if (signal.aborted) return;
      // Sound that is announced and never comes holds everything up: it is tried without, and with it again after that.
      muted = tags === 0 && codecs.audio !== undefined;
      if (Date.now() - startMs > longestWaitMs) waitMs = firstWaitMs;
      tell(`${shown}: lost (${hide(words) || 'it ended'})`);
    } catch (thrown) {
      if (signal.aborted) return;
      tell(hide(thrown instanceof Error ? thrown.message : String(thrown)));
    }
    await pause(waitMs, undefined, { signal }).catch(() => {});
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
}

/** Resolves when the connection has ended: why, and how much had come. */
function read(
  url: string,
  codecs: CameraMedia,
  stream: LiveStream,
  tell: (words: string) => void,
  signal: AbortSignal,
): Promise<{ words: string; tags: number }> {
  return new Promise((resolve) => {
    let tags = 0;
    const camera = startRtspReader(url, codecs);
    const output = camera.stdout;
    let why: string | undefined;
    const stop = (reason: string) => {
      why ??= reason;
      camera.kill('SIGKILL');
    };
    const abort = () => stop('the gateway ends');
    signal.addEventListener('abort', abort, { once: true });
    const silent = setTimeout(() => stop(`it sent nothing for ${silenceMs / 1000} s`), silenceMs);
    const ingest = new FlvIngest(stream, {
      tell,
      onEnd: (problem) => {
        clearTimeout(silent);
        signal.removeEventListener('abort', abort);
        stop(problem);
        resolve({ words: problem, tags });
      },
    });
    ingest.onRoom = () => output?.resume();
    const reader = new FlvReader();
    output?.on('data', (bytes: Buffer) => {
      silent.refresh();
      try {
        // What has been read is taken, whether there is room or not: what comes next waits.
        const taken = reader.push(bytes).map(({ type, timestampMs, body }) => ingest.tag(type, timestampMs, body));
        tags += taken.length;
        if (taken.includes(false)) output.pause();
      } catch (thrown) {
        stop(String(thrown));
      }
    });
    const words = lastWords(camera);
    const end = async (problem: string | undefined) => ingest.end(why ?? problem ?? (await words));
    camera.once('error', (error) => void end(String(error)));
    camera.once('close', () => void end(undefined));
  });
}
