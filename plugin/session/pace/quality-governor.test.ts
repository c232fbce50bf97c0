import { describe, expect, test } from 'vitest';
import { faultInNode } from '../../../e2e/fault-in-node.js';
import { governorRules, QualityGovernor } from './quality-governor.js';
import { type GpuLoad, type Playback, play, random, type Switch } from './testing/simulated-gpu.js';

/** The bar: two seconds of play, at any frame rate. */
const settleSeconds = 2;

/** Work in parts of the frame interval, so that it weighs the same at every frame rate. */
const parts = (fps: number, own: number, others = 0): GpuLoad => ({
  ownMs: (own * 1000) / fps,
  othersMs: (others * 1000) / fps,
});

const between = (switches: readonly Switch[], from: number, to: number): readonly Switch[] =>
  switches.filter(({ seconds }) => seconds >= from && seconds < to);

/** The level at a time, seconds. */
const levelAt = (switches: readonly Switch[], seconds: number): number =>
  between(switches, 0, seconds).at(-1)?.level ?? 0;

describe.each([24, 30, 60])('at %i frames a second', (fps) => {
  const run = (seconds: number, load: Playback['load'], more: Partial<Playback> = {}): readonly Switch[] =>
    play({ fps, seconds, load, ...more });
  const settleFrames = settleSeconds * fps;

  /** Every change that the time from `from` seconds brings is over after two seconds of frames; returns how many there were. */
  const expectSettled = (switches: readonly Switch[], from: number, to: number, level: number): number => {
    const changes = between(switches, from, to);
    expect(levelAt(switches, to)).toBe(level);
    for (const { frame } of changes) expect(frame - from * fps).toBeLessThanOrEqual(settleFrames);
    return changes.length;
  };

  test.each([
    ['next to nothing', 0.001, 3],
    ['little', 0.005, 3],
    ['some', 0.02, 2],
    ['much', 0.1, 1],
    ['too much for more', 0.2, 0],
    ['all it may', 0.55, 0],
  ])('on a free GPU where the cheapest tier costs %s, %f of the interval, level %i', (_name, own, level) => {
    expect(
      expectSettled(
        run(60, () => parts(fps, own)),
        0,
        60,
        level,
      ),
    ).toBeLessThanOrEqual(1);
  });

  test('a GPU too slow for the cheapest is left alone, and tried ever more rarely', () => {
    const switches = run(80, () => parts(fps, 0.9));
    expect(expectSettled(switches, 0, 9, -1)).toBe(1);
    const tries = switches.filter(({ level }) => level === 0).map(({ seconds }) => seconds);
    expect(tries).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = tries;
    expect(third - second).toBeGreaterThan(1.5 * (second - first));
    // A try is given up as soon as the first time: it shows for less than a second.
    for (const [i, { seconds, level }] of switches.entries())
      if (level < 0 && i > 0) expect(seconds - (switches[i - 1]?.seconds ?? 0)).toBeLessThan(1);
  });

  test.each([
    ['leaves room for a cheaper tier', 0.03, 0.75, 2, 1, 1],
    ['leaves room for the cheapest', 0.03, 0.82, 2, 0, 2],
    ['leaves room for none', 0.03, 0.95, 2, -1, 2],
    ['is more than the GPU can do', 0.03, 2, 2, -1, 2],
    ['weighs on the dearest', 0.003, 0.85, 3, 2, 1],
  ])('a load of others that %s: down at once, back when it goes', (_name, own, others, before, during, most) => {
    const switches = run(40, (t) => parts(fps, own, t >= 10 && t < 20 ? others : 0));
    expect(levelAt(switches, 10)).toBe(before);
    expect(expectSettled(switches, 10, 20, during)).toBeLessThanOrEqual(most);
    expect(levelAt(switches, 40)).toBe(before);
    // The first step back comes within the bar, the last one a bar later.
    const back = between(switches, 20, 40);
    expect(back.length).toBeLessThanOrEqual(2);
    expect((back[0]?.frame ?? Number.POSITIVE_INFINITY) - 20 * fps).toBeLessThanOrEqual(settleFrames);
    expect((back.at(-1)?.frame ?? Number.POSITIVE_INFINITY) - 20 * fps).toBeLessThanOrEqual(2 * settleFrames);
  });

  test('a GPU that slows down (heat, battery): straight to the tier that fits, and back', () => {
    const switches = run(40, (t) => parts(fps, t >= 10 && t < 20 ? 0.032 : 0.004));
    expect(levelAt(switches, 10)).toBe(3);
    expect(expectSettled(switches, 10, 20, 2)).toBe(1);
    expect(expectSettled(switches, 20, 40, 3)).toBe(1);
  });

  test('a tier that takes a second to prepare is not judged by the one that draws meanwhile', () => {
    const switches = run(40, (t) => parts(fps, t >= 10 && t < 20 ? 0.032 : 0.004), { prepareSeconds: 1 });
    expect(switches.map(({ level }) => level)).toEqual([3, 2, 3]);
  });

  describe.each([1, 2, 3])('noise, seed %i', (seed) => {
    test('of up to half of the time either way', () => {
      const next = random(seed);
      const switches = run(120, () => parts(fps, 0.03 * (0.5 + next()), 0.3 * next()));
      // Level 2 would fill the budget: it is taken when it is quiet for a while, and then holds.
      expect(switches.length).toBeLessThanOrEqual(2);
      expect(between(switches, 60, 120)).toEqual([]);
    });

    test('around the border between two tiers', () => {
      const next = random(seed);
      const switches = run(120, () => parts(fps, 0.033 * (0.5 + next()), 0.4 * next()));
      expect(switches.length).toBeLessThanOrEqual(3);
    });

    test('of two kinds: a heavy frame in three', () => {
      const next = random(seed);
      const switches = run(120, () => parts(fps, 0.03, next() < 0.3 ? 1.5 : 0));
      // Bursts of heavy frames are real overload, as long as they last; in between the tier must not flutter.
      expect(switches.length).toBeLessThanOrEqual(12);
      expect(Math.max(...switches.map(({ level }) => level))).toBe(1);
    });

    test('stalls of half a second every few seconds', () => {
      const next = random(seed);
      const stall = 0.5 * fps;
      const switches = run(120, () => parts(fps, 0.03, next() < 1 / fps / 3 ? stall : 0));
      expect(switches.length).toBeLessThanOrEqual(5);
      expect(levelAt(switches, 120)).toBe(2);
    });
  });

  test('a slow drift changes the tier once, in either direction', () => {
    const up = run(120, (t) => parts(fps, 0.01 + t * 0.0005));
    expect(up.map(({ level }) => level)).toEqual([2, 1]);
    const down = run(120, (t) => parts(fps, 0.07 - t * 0.0005));
    expect(down.map(({ level }) => level)).toEqual([1, 2]);
  });

  test('a load that rises and falls: down tier by tier, up tier by tier', () => {
    const switches = run(120, (t) => parts(fps, 0.03, Math.max(0, 1 - Math.abs(t - 60) / 50)));
    expect(switches.map(({ level }) => level)).toEqual([2, 1, 0, -1, 0, 1, 2]);
  });

  test('a load that comes and goes is followed ever more slowly', () => {
    const switches = run(120, (t) => parts(fps, 0.03, t % 6 < 3 ? 0.8 : 0));
    expect(between(switches, 0, 30).length).toBeGreaterThan(4);
    expect(between(switches, 60, 120).length).toBeLessThanOrEqual(4);
  });

  test('a picture that stands still and moves in turns, of which tiles that stay cost nothing: a tier for what moves', () => {
    const switches = run(120, (t) => parts(fps, t % 6 < 3 ? 0.08 : 0.008));
    // A dearer tier while it stands still is left at the first frames that move, and soon no longer tried.
    for (const [i, { level, seconds }] of switches.entries())
      if (level === 1 && i > 0) expect(seconds % 6).toBeLessThan(1);
    expect(switches.length).toBeLessThanOrEqual(7);
    expect(between(switches, 30, 120)).toEqual([]);
  });

  test('without timestamps the queue is all there is: slower back, but back', () => {
    const switches = run(60, (t) => parts(fps, 0.03, t >= 10 && t < 20 ? 0.75 : 0), { timestamps: false });
    expect(levelAt(switches, 10)).toBe(2);
    expect(between(switches, 10, 10 + settleSeconds).at(-1)?.level).toBeLessThan(1);
    expect(levelAt(switches, 60)).toBe(2);
    expect(switches.length).toBeLessThanOrEqual(6);
  });
});

faultInNode(
  'GPU',
  "one kernel of seconds, somebody else's, in front of our frames",
  'native or a cheaper tier at once; the former tier within four seconds after it, and it stays',
  () => {
    for (const fps of [24, 30, 60])
      for (const kernelMs of [1500, 3000, 8000]) {
        let left = kernelMs;
        const switches = play({
          fps,
          seconds: 120,
          load: (t) => {
            const othersMs = t >= 10 ? left : 0;
            if (t >= 10) left = 0;
            return { ownMs: (0.03 * 1000) / fps, othersMs };
          },
        });
        const over = 10 + kernelMs / 1000;
        const what = JSON.stringify({ fps, kernelMs, switches });
        expect(levelAt(switches, 10), what).toBe(2);
        expect(levelAt(switches, over), what).toBeLessThan(2);
        expect(levelAt(switches, over + 2 * settleSeconds), what).toBe(2);
        expect(between(switches, over + 2 * settleSeconds, 120), what).toEqual([]);
      }
  },
);

describe('QualityGovernor', () => {
  const calm = { ownMs: 1, busyMs: 1, frameCount: 1, intervalMs: 40 };

  /** Frames 40 ms apart. */
  function feed(governor: QualityGovernor, ownMs: number, count: number, fromMs = 0): number {
    for (let i = 0; i < count; i++) governor.frame({ ...calm, ownMs, busyMs: ownMs, nowMs: fromMs + i * 40 });
    return governor.level;
  }

  test('what is forced is never given up, however slow', () => {
    const governor = new QualityGovernor(2, false);
    expect(feed(governor, 400, 100)).toBe(0);
  });

  test('a queue that does not answer is given up, with the first frames of a tier after more patience', () => {
    const governor = new QualityGovernor(2);
    const { stalledMs, coldStalledMs } = governorRules;
    expect(governor.stalled(coldStalledMs - 1, 40, 0)).toBe(0);
    feed(governor, 4, 10);
    expect(governor.stalled(stalledMs - 1, 40, 1000)).toBe(0);
    expect(governor.stalled(stalledMs, 40, 1000)).toBe(-1);
    const cold = new QualityGovernor(2);
    expect(cold.stalled(coldStalledMs, 40, 0)).toBe(-1);
  });

  test('a load that has every other frame dropped is given way to, though the frame after that meets an empty queue', () => {
    const governor = new QualityGovernor(2);
    feed(governor, 1, 5);
    for (let i = 0; i < 40 && governor.level === 0; i++) {
      const dropped = i % 2 === 1;
      governor.frame({ ...calm, busyMs: dropped ? 2 : 62, frameCount: dropped ? 2 : 1, nowMs: 200 + i * 62 });
    }
    expect(governor.level).toBe(-1);
  });

  test('a forbidden tier is never tried again', () => {
    const governor = new QualityGovernor(2);
    expect(feed(governor, 1, 60)).toBe(1);
    governor.forbid(1, 2400);
    expect(governor.level).toBe(0);
    expect(feed(governor, 1, 1000, 2400)).toBe(0);
  });

  test('frames of another size are measured anew', () => {
    const governor = new QualityGovernor(2);
    feed(governor, 1, 20);
    governor.reset();
    // Without a measurement there is no prediction, so nothing dearer is tried before the time a tier must have fitted.
    const { warmFrames, riseMs } = governorRules;
    expect(feed(governor, 1, warmFrames + Math.floor(riseMs / 40), 800)).toBe(0);
    expect(feed(governor, 1, 10, 800 + riseMs + 120)).toBe(1);
  });
});
