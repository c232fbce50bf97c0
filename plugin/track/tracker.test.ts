import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intersectionOverUnion } from '../core/boxes.js';
import { scoreTracking } from './testing/metrics.js';
import { playSequence, sequences } from './testing/sequences.js';
import { type Observation, Tracker } from './tracker.js';

const seen = (x: number, score = 0.8, prompt = 'dog', y = 50): Observation => ({
  prompt,
  score,
  box: { x, y, width: 40, height: 30 },
});
const lookUs = 125_000;

describe('Tracker', () => {
  test('shows a thing of the first look at once, and moves it on between looks', () => {
    const tracker = new Tracker();
    for (let look = 0; look < 8; look++) tracker.update(look * lookUs, [seen(10 * look)]);
    const [track] = tracker.at(7 * lookUs + lookUs / 2);
    expect(track?.trackId).toBe(1);
    expect(track?.box.x).toBeCloseTo(75, 0);
    expect(track?.observed.x).toBe(70);
  });

  test('a faint box is believed when a second look sees it', () => {
    const tracker = new Tracker();
    tracker.update(0, []);
    tracker.update(lookUs, [seen(0, 0.35)]);
    expect(tracker.at(lookUs)).toEqual([]);
    tracker.update(2 * lookUs, [seen(1, 0.35)]);
    expect(tracker.at(2 * lookUs)).toHaveLength(1);
    tracker.update(3 * lookUs, [seen(1, 0.35), seen(300, 0.35)]);
    tracker.update(4 * lookUs, [seen(1, 0.35)]);
    expect(tracker.size).toBe(1);
  });

  test('a low score keeps a track and begins none', () => {
    const tracker = new Tracker({ scoreThreshold: 0.4 });
    tracker.update(0, [seen(0)]);
    tracker.update(lookUs, [seen(1, 0.2), seen(200, 0.2)]);
    expect(tracker.at(lookUs).map(({ trackId, missed }) => [trackId, missed])).toEqual([[1, 0]]);
    tracker.update(2 * lookUs, [seen(1, 0.1)]);
    expect(tracker.at(2 * lookUs)[0]?.missed).toBe(1);
  });

  test('keeps the id behind something, and knows its speed at once when it comes out', () => {
    const tracker = new Tracker();
    for (let look = 0; look < 6; look++) tracker.update(look * lookUs, [seen(12 * look)]);
    for (let look = 6; look < 12; look++) tracker.update(look * lookUs, []);
    expect(tracker.at(11 * lookUs)[0]).toMatchObject({ trackId: 1, missed: 6 });
    tracker.update(12 * lookUs, [seen(144)]);
    const [track] = tracker.at(13 * lookUs);
    expect(track).toMatchObject({ trackId: 1, missed: 0 });
    expect(track?.box.x).toBeCloseTo(156, 0);
  });

  test('what stays away for too long has another id when it comes back', () => {
    const tracker = new Tracker({ maxLostSeconds: 0.5 });
    tracker.update(0, [seen(0)]);
    for (let look = 1; look < 8; look++) tracker.update(look * lookUs, []);
    expect(tracker.size).toBe(0);
    tracker.update(8 * lookUs, [seen(0)]);
    expect(tracker.at(8 * lookUs)[0]?.trackId).toBe(2);
  });

  test('with few looks a second three of them pass before a thing is gone', () => {
    const tracker = new Tracker({ maxLostSeconds: 0.5 });
    for (const seconds of [0, 2, 4]) tracker.update(seconds * 1e6, [seen(0)]);
    for (const seconds of [6, 8]) tracker.update(seconds * 1e6, []);
    expect(tracker.at(8e6)[0]?.missed).toBe(2);
    for (const seconds of [10, 12]) tracker.update(seconds * 1e6, []);
    expect(tracker.size).toBe(0);
  });

  test('the tracks of prompts are apart', () => {
    const tracker = new Tracker();
    tracker.update(0, [seen(0, 0.9, 'dog'), seen(0, 0.8, 'animal')]);
    tracker.update(lookUs, [seen(0, 0.95, 'animal')]);
    expect(tracker.at(lookUs).map(({ prompt, missed }) => [prompt, missed])).toEqual([
      ['animal', 0],
      ['dog', 1],
    ]);
  });

  test('a look back in time and a reset begin anew', () => {
    const tracker = new Tracker();
    tracker.update(5e6, [seen(0)]);
    tracker.update(1e6, [seen(0)]);
    expect(tracker.at(1e6).map(({ trackId }) => trackId)).toEqual([2]);
    tracker.reset();
    expect(tracker.at(1e6)).toEqual([]);
  });

  test('what is no box is left out', () => {
    const tracker = new Tracker();
    const box = { x: 0, y: 0, width: 10, height: 10 };
    tracker.update(0, [
      { prompt: 'dog', score: Number.NaN, box },
      { prompt: 'dog', score: 0.9, box: { ...box, width: 0 } },
      { prompt: 'dog', score: 0.9, box: { ...box, x: Number.POSITIVE_INFINITY } },
    ]);
    expect(tracker.size).toBe(0);
  });

  test('whatever it is given, boxes are finite, ids are unique and a seen box is near its track', () => {
    const coordinate = fc.double({ min: -500, max: 2000, noNaN: true });
    const side = fc.double({ min: 1, max: 900, noNaN: true });
    const observation = fc.record({
      prompt: fc.constantFrom('a', 'b'),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      box: fc.record({ x: coordinate, y: coordinate, width: side, height: side }),
    });
    const looks = fc.array(
      fc.record({ afterUs: fc.integer({ min: 1, max: 3e6 }), found: fc.array(observation, { maxLength: 6 }) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(looks, (script) => {
        const tracker = new Tracker();
        let nowUs = 0;
        for (const { afterUs, found } of script) {
          nowUs += afterUs;
          tracker.update(nowUs, found);
          const tracks = tracker.at(nowUs + 500_000);
          expect(new Set(tracks.map(({ trackId }) => trackId)).size).toBe(tracks.length);
          for (const { box, observed, missed } of tracks) {
            expect(Object.values(box).every(Number.isFinite)).toBe(true);
            expect(Math.min(box.width, box.height)).toBeGreaterThan(0);
            if (missed === 0) expect(found.map((one) => one.box)).toContain(observed);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('scripted scenes', () => {
  // From the published trackers' own usual figures on such faults: identities hold, few boxes are lost.
  test.each(sequences.map((sequence) => [sequence.name, sequence] as const))('%s', (_name, sequence) => {
    const { mota, idf1, meanIou } = playSequence(sequence);
    expect(mota).toBeGreaterThan(0.9);
    expect(idf1).toBeGreaterThan(0.9);
    expect(meanIou).toBeGreaterThan(0.75);
  });

  test('a tracker that only repeats the last look is worse where answers are late', () => {
    const late = sequences.find(({ name }) => name.startsWith('answers'));
    if (!late) throw new Error('no such scene');
    const truth = late.actors[0]?.at(1);
    const stale = late.actors[0]?.at(0.7);
    if (!truth || !stale) throw new Error('no such actor');
    expect(playSequence(late).meanIou).toBeGreaterThan(intersectionOverUnion(truth, stale));
  });
});

describe('the metric', () => {
  const at = (id: number, x: number) => ({ id, box: { x, y: 0, width: 10, height: 10 } });

  test('counts misses, false boxes and switches', () => {
    const { mota, misses, falseBoxes, switches } = scoreTracking([
      { truth: [at(1, 0), at(2, 50)], tracked: [at(7, 0), at(8, 50)] },
      { truth: [at(1, 0), at(2, 50)], tracked: [at(8, 0), at(7, 50)] },
      { truth: [at(1, 0), at(2, 50)], tracked: [at(8, 0), at(9, 200)] },
    ]);
    expect({ misses, falseBoxes, switches }).toEqual({ misses: 1, falseBoxes: 1, switches: 2 });
    expect(mota).toBeCloseTo(1 - 4 / 6, 12);
  });

  test('pairs identities over the whole sequence', () => {
    const { idf1 } = scoreTracking([
      { truth: [at(1, 0)], tracked: [at(7, 0)] },
      { truth: [at(1, 0)], tracked: [at(7, 0)] },
      { truth: [at(1, 0)], tracked: [at(8, 0)] },
    ]);
    expect(idf1).toBeCloseTo(4 / 6, 12);
  });
});
