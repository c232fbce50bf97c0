// The engine's half of a session in a worker: device, network, pace and drawing, on an OffscreenCanvas, with a file's frames. What it is told of the
// page and what it answers is plain data.
import { ALL_FORMATS, Input, UrlSource, VideoSampleSink } from 'mediabunny';
import { pageOrigins } from '../../plugin/core/model-origins.js';
import { CanvasSurface } from '../../plugin/present/canvas-surface.js';
import { checkOptions } from '../../plugin/session/api/validate.js';
import { Models } from '../../plugin/session/draw/models.js';
import { RendererLink } from '../../plugin/session/draw/renderer-link.js';
import { EngineHalf, type EngineStats } from '../../plugin/session/engine-half.js';
import { openFromCatalog } from '../../plugin/session/looks/open-detector.js';
import type { PageState } from '../../plugin/session/pace/conditions.js';

interface Order {
  readonly canvas: OffscreenCanvas;
  readonly url: string;
  readonly frames: number;
}

export type WorkerAnswer =
  | { readonly type: 'frame'; readonly timestampUs: number; readonly did: string; readonly code: string | undefined }
  | { readonly type: 'event'; readonly name: string }
  | { readonly type: 'end'; readonly stats: EngineStats; readonly documentless: boolean };

const tell = (answer: WorkerAnswer) => postMessage(answer);

async function play({ canvas, url, frames }: Order): Promise<void> {
  const places = { origins: pageOrigins() };
  const lifetime = new AbortController();
  const surface = new CanvasSurface(canvas);
  let wanted: (() => void) | undefined;
  const event = (name: string) => () => tell({ type: 'event', name });
  const engine = new EngineHalf(
    {
      settings: checkOptions({ upscale: { quality: 'S', force: true, adaptive: false } }),
      frameIntervalMs: () => undefined,
      models: new Models(undefined, places),
      openDetector: openFromCatalog(places),
      alone: true,
      openLink: (events) =>
        new RendererLink({
          ...events,
          kind: 'webgpu',
          canvas: undefined,
          ownsCanvas: true,
          device: undefined,
          surface,
          signal: lifetime.signal,
          alone: true,
        }),
    },
    {
      onChange: event('change'),
      onWant: () => wanted?.(),
      onStale: event('stale'),
      onTier: event('tier'),
      onDoubt: event('doubt'),
      onLost: event('lost'),
      onFatal: event('fatal'),
      onDetections: event('detections'),
      onAnswers: event('answers'),
      onStageFailure: event('stagefailure'),
      onSpeech: event('speech'),
    },
  );
  await engine.start(lifetime.signal);
  const page: PageState = {
    overlay: false,
    plays: false,
    attached: true,
    pictureInPicture: false,
    encrypted: false,
    unmatched: undefined,
    placement: {
      canvas: { width: canvas.width, height: canvas.height },
      rect: { x: 0, y: 0, width: canvas.width, height: canvas.height },
      pixelRatio: 1,
    },
    curtain: 'closed',
  };
  const track = await new Input({ source: new UrlSource(url), formats: ALL_FORMATS }).getPrimaryVideoTrack();
  if (!track) throw new Error('no video track');
  let curtain: PageState['curtain'] = 'closed';
  let left = frames;
  for await (const sample of new VideoSampleSink(track).samples()) {
    const frame = sample.toVideoFrame();
    sample.close();
    try {
      for (;;) {
        const again = new Promise<void>((resolve) => {
          wanted = resolve;
        });
        const timing = { timestampUs: frame.timestamp, expectedDisplayTimeMs: undefined, skipped: 0 };
        const outcome = engine.take(frame, timing, { ...page, curtain });
        const code =
          outcome.did === 'fail'
            ? outcome.error.code
            : outcome.did === 'native'
              ? outcome.verdict.error.code
              : undefined;
        tell({ type: 'frame', timestampUs: frame.timestamp, did: outcome.did, code });
        if (outcome.did === 'draw') {
          await outcome.first;
          if (outcome.first) engine.shown();
          curtain = 'open';
          break;
        }
        // What it waits for, it tells of.
        await again;
      }
    } finally {
      frame.close();
    }
    // The browser takes a worker's canvas to the screen between its tasks.
    await new Promise((resolve) => requestAnimationFrame(resolve));
    left--;
    if (left === 0) break;
  }
  tell({ type: 'end', stats: engine.stats(), documentless: !('document' in globalThis) });
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  play(data).catch((thrown) => reportError(thrown));
});
