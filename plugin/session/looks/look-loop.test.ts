import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VitreousError } from '../../core/errors.js';
import type { Size } from '../../core/geometry.js';
import type { GpuDevice } from '../../gpu/device.js';
import { checkOptions } from '../api/validate.js';
import type { DetectSettings } from '../api/validate-detect.js';
import { type Look, LookLoop } from './look-loop.js';
import { ScriptedDetector } from './testing/scripted-detector.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

interface FrameGiven {
  readonly of?: Size;
  readonly lost?: boolean;
  readonly moved?: boolean;
}

const size = { width: 64, height: 36 };
const dog = { prompt: 'dog', score: 0.9, box: { x: 1, y: 2, width: 10, height: 8 } };

function settings(prompts: readonly string[], more = {}): DetectSettings {
  const { detect } = checkOptions({ detect: { prompts, ...more } });
  if (!detect) throw new Error('detection is off');
  return detect;
}

/** Lets promises settle. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function scene({ openFails }: { openFails?: unknown } = {}) {
  const detectors: ScriptedDetector[] = [];
  const looks: Look[] = [];
  const told: string[] = [];
  let wants = 0;
  const detection = new LookLoop(
    async () => {
      if (openFails !== undefined) throw openFails;
      const detector = new ScriptedDetector();
      detectors.push(detector);
      return detector;
    },
    {
      onLook: (look) => looks.push(look),
      onAnswers: (answers) => told.push(`answers ${answers.map(({ prompt }) => prompt).join()}`),
      onFailure: (error, prompt) => told.push(`${error.code}${prompt === undefined ? '' : ` ${prompt}`}`),
      onBreak: () => told.push('break'),
      onWant: () => wants++,
    },
  );
  const [first, second] = [{}, {}].map((gpu) => gpu as GpuDevice); // Only told apart.
  return {
    detection,
    detectors,
    looks,
    told,
    wants: () => wants,
    frame: (timestampUs: number, { of = size, lost = false, moved }: FrameGiven = {}) => {
      const gpu = lost ? second : first;
      if (gpu) detection.frame({ gpu, image: {} as GPUTexture, size: of, timestampUs, moved }); // Never looked at.
    },
  };
}

/** On, with a detector that is ready. */
async function ready(more = {}) {
  const s = scene();
  s.detection.configure(settings(['dog'], more));
  s.frame(0);
  await settle();
  const [detector] = s.detectors;
  if (!detector) throw new Error('not opened');
  return { ...s, detector };
}

test('opens with the first frame, asks for it again when ready, and looks at it', async () => {
  const { detector, frame, wants, looks, told, detection } = await ready();
  expect(detector.calls).toEqual(['prepare 64x36', 'prompts dog']);
  expect(told).toEqual(['answers dog']);
  expect(wants()).toBe(2);
  expect(detection.state).toBe('loading');
  frame(0);
  detector.answer(dog);
  await settle();
  expect(looks).toMatchObject([{ timestampUs: 0, size, found: [dog] }]);
  expect(detection.state).toBe('running');
});

test('one look at a time, and no more a second than asked for', async () => {
  const { detector, frame } = await ready({ rateHz: 4 });
  frame(0);
  frame(40_000);
  expect(detector.looking).toBe(1);
  detector.answer();
  await settle();
  vi.advanceTimersByTime(200);
  frame(200_000);
  expect(detector.looking).toBe(0);
  vi.advanceTimersByTime(50);
  frame(250_000);
  expect(detector.looking).toBe(1);
});

test('a frame that stands still is looked at once, and again after another prompt', async () => {
  const { detector, frame, detection } = await ready();
  frame(0);
  detector.answer(dog);
  await settle();
  vi.advanceTimersByTime(5000);
  frame(0);
  expect(detector.looking).toBe(0);
  detection.configure(settings(['dog', 'cat']));
  frame(0);
  await settle();
  frame(0);
  expect(detector.looking).toBe(1);
});

test('where the video comes to stand still, its frame is asked for and looked at without delay', async () => {
  const { detector, frame, wants } = await ready({ rateHz: 0.1 });
  frame(0);
  detector.answer();
  await settle();
  vi.advanceTimersByTime(100);
  frame(40_000);
  vi.advanceTimersByTime(290);
  frame(80_000);
  const before = wants();
  vi.advanceTimersByTime(299);
  expect(wants()).toBe(before);
  vi.advanceTimersByTime(301);
  expect(wants()).toBe(before + 1);
  frame(80_000);
  expect(detector.looking).toBe(1);
});

test.each([
  ['back', 5e6, 1e6],
  ['far ahead', 1e6, 9e6],
])('a seek %s breaks the tracks, and an answer from before it is not told', async (_name, fromUs, toUs) => {
  const { detector, frame, looks, told } = await ready();
  frame(fromUs);
  expect(told.filter((word) => word === 'break')).toHaveLength(fromUs > 1.5e6 ? 1 : 0);
  told.length = 0;
  frame(toUs);
  expect(told).toEqual(['break']);
  detector.answer(dog);
  await settle();
  expect(looks).toEqual([]);
  vi.advanceTimersByTime(1000);
  frame(toUs);
  expect(detector.looking).toBe(1);
});

test('a long step without a seek breaks nothing: a look that fills the GPU holds up all frames', async () => {
  const { detector, frame, looks, told } = await ready();
  told.length = 0;
  frame(1e6, { moved: false });
  frame(9e6, { moved: false });
  detector.answer(dog);
  await settle();
  expect(told).toEqual([]);
  expect(looks).toHaveLength(1);
  frame(20e6, { moved: true });
  expect(told).toEqual(['break']);
});

test('a seek to a frame that is dropped breaks the tracks once', async () => {
  const { detection, frame, told } = await ready();
  told.length = 0;
  frame(1e6, { moved: false });
  detection.late({ timestampUs: 9e6, moved: true });
  frame(9.1e6, { moved: false });
  expect(told).toEqual(['break']);
});

test('another size is prepared after the look under way', async () => {
  const { detector, frame } = await ready();
  frame(0);
  frame(40_000, { of: { width: 32, height: 18 } });
  await settle();
  expect(detector.calls).not.toContain('prepare 32x18');
  detector.answer();
  await settle();
  expect(detector.calls).toContain('prepare 32x18');
});

test('an unknown prompt is told of, and the others are looked for', async () => {
  const { detection, frame, detectors, told } = scene();
  detection.configure(settings(['dog', '?x', 'cat']));
  frame(0);
  await settle();
  expect(told).toEqual(['prompt-unknown ?x', 'answers dog,cat']);
  frame(0);
  expect(detectors[0]?.looking).toBe(1);
});

test('with no prompt understood nothing is looked at', async () => {
  const { detection, frame, detectors, told } = scene();
  detection.configure(settings(['?x']));
  frame(0);
  await settle();
  frame(0);
  expect(told).toEqual(['prompt-unknown ?x', 'answers ']);
  expect(detectors[0]?.looking).toBe(0);
});

test('a detector that cannot be had is told of once, and tried again after a change', async () => {
  const error = new VitreousError({ code: 'weights-http', stage: 'weights', found: '404', expected: '200', fix: '' });
  const { detection, frame, told } = scene({ openFails: error });
  detection.configure(settings(['dog']));
  for (let i = 0; i < 3; i++) {
    frame(i * 40_000);
    await settle();
  }
  expect(told).toEqual(['weights-http']);
  expect(detection.state).toBe('failed');
  detection.configure(settings(['cat']));
  frame(200_000);
  await settle();
  expect(told).toEqual(['weights-http', 'weights-http']);
});

test('three looks that fail in a row are the end, until settings change', async () => {
  const { detector, frame, told, detection } = await ready();
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(1000);
    frame(i * 1e6);
    detector.fail(new Error('oops'));
    await settle();
  }
  expect(told.filter((word) => word === 'detect-failed')).toHaveLength(1);
  expect(detector.calls.filter((call) => call === 'look')).toHaveLength(3);
  expect(detection.state).toBe('failed');
  detection.configure(settings(['dog']));
  frame(5e6);
  await settle();
  frame(5e6);
  expect(detector.looking).toBe(1);
});

test('what WebGPU says against a look makes it one that failed, whatever it answers', async () => {
  const { detector, frame, told, detection, looks } = await ready();
  const complaint = (label: string) =>
    new VitreousError({ code: 'gpu-validation', stage: 'gpu', found: `[${label}] is invalid`, expected: '', fix: '' });
  // Before any look, somebody else's work, and work of ours that is none of a look's.
  expect(detection.complained(complaint('a tensor'))).toBe(false);
  for (let i = 0; i < 4; i++) {
    vi.advanceTimersByTime(1000);
    frame(i * 1e6);
    expect(detection.complained(complaint('vitreous/frame'))).toBe(false);
    if (i < 3) expect(detection.complained(complaint(i === 0 ? 'a tensor' : 'vitreous/detect.scores'))).toBe(true);
    detector.answer(dog);
    await settle();
  }
  expect(told.filter((word) => word === 'gpu-validation')).toHaveLength(1);
  expect(looks).toHaveLength(0);
  expect(detection.state).toBe('failed');
});

test('what WebGPU says after the answer counts as much; several words about one look once, and the frame that stands still is looked at again', async () => {
  const { detector, frame, told, detection, wants } = await ready();
  const found = '[vitreous/detect.scores] is invalid';
  const complaint = new VitreousError({ code: 'gpu-validation', stage: 'gpu', found, expected: '', fix: '' });
  for (let i = 0; i < 3; i++) {
    frame(1e6);
    detector.answer(dog);
    await settle();
    const before = wants();
    for (let word = 0; word < 2; word++) expect(detection.complained(complaint)).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(wants()).toBe(before + 1);
    expect(detection.state).toBe(i < 2 ? 'running' : 'failed');
  }
  expect(told.filter((word) => word === 'gpu-validation')).toHaveLength(1);
});

test('comes back with another device', async () => {
  const { detector, detectors, frame, detection, told, looks } = await ready();
  frame(0);
  detection.disconnect();
  detector.fail(new VitreousError({ code: 'device-lost', stage: 'gpu', found: 'loss', expected: '', fix: '' }));
  await settle();
  expect(detector.disposed).toBe(true);
  frame(40_000, { lost: true });
  await settle();
  frame(80_000, { lost: true });
  detectors[1]?.answer(dog);
  await settle();
  expect(looks).toHaveLength(1);
  expect(told).toEqual(['answers dog', 'answers dog']);
});

test('off lets everything go, also what is still being opened', async () => {
  const { detection, frame, detectors, told, looks } = scene();
  detection.configure(settings(['dog']));
  frame(0);
  detection.configure(undefined);
  await settle();
  expect(detectors.map(({ disposed }) => disposed)).toEqual([true]);
  frame(40_000);
  await settle();
  expect(detectors).toHaveLength(1);
  expect({ told, looks }).toEqual({ told: [], looks: [] });
});
