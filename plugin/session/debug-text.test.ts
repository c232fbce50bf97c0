import { expect, test } from 'vitest';
import { debugLines } from './debug-text.js';
import type { EnhancedStats } from './enhanced.js';

const stats: EnhancedStats = {
  state: 'running',
  why: undefined,
  renderer: 'webgpu',
  tier: 'M',
  firstFrameMs: 812,
  fps: 24,
  gpuMs: { ingest: 0.25, upscale: 3.5, compose: 0.5 },
  framesShown: 30,
  framesDropped: 2,
  framesLate: 1,
  framesBypassed: 7,
  framesByTier: { S: 10, M: 20 },
  reusedShare: 0.834,
  memoryBytes: {
    frames: 1_843_200,
    weights: 0,
    activations: 40_000,
    picture: 3_686_400,
    highlights: 0,
    detector: 0,
    rest: 0,
  },
  bytesSaved: 1_250_000,
  faults: [1, 2, 3, 4].map((second) => ({ atMs: second * 1000, code: 'device-lost', stage: 'gpu' })),
  sourceSize: { width: 640, height: 360 },
  displaySize: { width: 1280, height: 720 },
  detect: { state: 'running', looks: 12, answerMs: 80.4, rateHz: 8, tracks: 2 },
};

test('says all there is to say, a line each', () => {
  expect(debugLines(stats)).toEqual([
    'running, M on webgpu, 24 fps',
    '640x360 to 1280x720 pixels',
    'GPU ms: 4.3 = ingest 0.3 + upscale 3.5 + compose 0.5',
    'frames: 30 shown (M 20, S 10), 1 late, 2 dropped, 7 bypassed',
    'reused: 83 % of the picture',
    'GPU MB: 5.6 = picture 3.7, frames 1.8',
    'looks: running, 12, 8.0 a second, 80 ms each, 2 followed',
    'HLS MB saved: 1.3',
    'faults: device-lost in gpu at 2.0 s; device-lost in gpu at 3.0 s; device-lost in gpu at 4.0 s',
  ]);
});

test('leaves out what there is nothing to say about, and says why the native picture shows', () => {
  const nothing = {
    ...stats,
    state: 'bypassed',
    why: { code: 'cors', stage: 'source', message: '[cors] source: …', recovering: true, error: undefined },
    renderer: undefined,
    tier: 'none',
    fps: 0,
    gpuMs: {},
    framesShown: 0,
    framesByTier: {},
    reusedShare: undefined,
    memoryBytes: { frames: 0, weights: 0, activations: 0, picture: 0, highlights: 0, detector: 0, rest: 0 },
    bytesSaved: undefined,
    faults: [],
    sourceSize: { width: 0, height: 0 },
    detect: undefined,
  } as const satisfies EnhancedStats;
  expect(debugLines(nothing)).toEqual([
    'bypassed, none, 0 fps',
    'why: [cors] source: …',
    'frames: 0 shown, 1 late, 2 dropped, 7 bypassed',
    'GPU MB: 0.0',
  ]);
});
