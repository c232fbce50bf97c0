import { describe, expect, test } from 'vitest';
import { DeviceShare } from './device-share.js';
import { governorRules } from './quality-governor.js';
import { playPage, type SimulatedVideo, type Step } from './testing/simulated-page.js';

const levelAt = (steps: readonly Step[], seconds: number): number =>
  steps.filter((step) => step.seconds < seconds).at(-1)?.level ?? 0;

const levelsAt = (all: readonly (readonly Step[])[], seconds: number) => all.map((steps) => levelAt(steps, seconds));

const video = (ownPart: number, more: Partial<SimulatedVideo> = {}): SimulatedVideo => ({
  fps: 30,
  ownMs: (ownPart * 1000) / 30,
  ...more,
});

test('one alone has what it had; others with frames to draw have as much, those that stand still nothing', () => {
  const share = DeviceShare.of({}, 'frames');
  const [a, b] = [share.join(), share.join()];
  a.frame(0, 40);
  expect(a.fraction(0)).toBe(governorRules.ownFraction);
  b.frame(0, 20);
  expect(a.fraction(0)).toBe(governorRules.ownFraction / 2);
  expect(b.fraction(0)).toBe(governorRules.ownFraction / 2);
  a.frame(5000, 40);
  expect(a.fraction(5000)).toBe(governorRules.ownFraction);
  b.frame(5000, 20);
  b.leave();
  expect(a.fraction(5000)).toBe(governorRules.ownFraction);
});

test('devices are apart, and so are frames and looks', () => {
  const [one, two] = [{}, {}];
  const members = [
    DeviceShare.of(one, 'frames'),
    DeviceShare.of(two, 'frames'),
    DeviceShare.of(one, 'looks'),
    DeviceShare.of(undefined, 'frames'),
  ].map((share) => share.join());
  for (const member of members) member.frame(0, 40);
  expect(members.map((member) => member.count(0))).toEqual([1, 1, 1, 1]);
  expect(DeviceShare.of(one, 'frames')).toBe(DeviceShare.of(one, 'frames'));
});

test('what strangers take is taken from all, and what sessions take of each other is not', () => {
  const share = DeviceShare.of({}, 'frames');
  const members = [share.join(), share.join(), share.join()];
  for (let nowMs = 0; nowMs < 5000; nowMs += 40)
    for (const [i, member] of members.entries()) {
      member.frame(nowMs, 40);
      // A frame takes 4 ms; the last in the queue waits for the others', and for 22 ms of strangers' work.
      member.report({ nowMs, intervalMs: 40, ownMs: 4, othersMs: i * 4 + (i === 2 ? 22 : 0) });
    }
  const left = governorRules.queueFraction - 22 / 40;
  for (const member of members) expect(member.fraction(5000)).toBeCloseTo(left / 3, 2);
});

describe('videos on one device', () => {
  test.each([
    [2, 0.005, 2],
    [6, 0.001, 3],
    [6, 0.004, 2],
    [6, 0.02, 1],
    [6, 0.05, 0],
  ])('%i of them at %f of the GPU each: all at level %i', (count, ownPart, level) => {
    const all = playPage({ videos: Array.from({ length: count }, () => video(ownPart)), seconds: 60 });
    expect(levelsAt(all, 60)).toEqual(all.map(() => level));
    for (const steps of all) expect(steps.length).toBeLessThanOrEqual(2);
  });

  test('too many for the GPU: all play natively, and come back when some have gone', () => {
    const leaves = (seconds: number) => seconds < 30;
    const videos = Array.from({ length: 6 }, (_, i) => video(0.15, i < 4 ? { plays: leaves } : {}));
    const all = playPage({ videos, seconds: 60 });
    expect(levelsAt(all, 25)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(levelsAt(all, 60).slice(4)).toEqual([0, 0]);
  });

  test('one that comes later has as much as the first, which makes room', () => {
    const all = playPage({ videos: [video(0.02), video(0.02, { plays: (seconds) => seconds >= 20 })], seconds: 60 });
    expect(levelsAt(all, 20)).toEqual([2, 0]);
    expect(levelsAt(all, 60)).toEqual([1, 1]);
  });

  test("strangers' work brings all down together within two seconds, and all come back", () => {
    const loaded = (seconds: number) => (seconds >= 20 && seconds < 40 ? 0.7 : 0);
    const all = playPage({ videos: Array.from({ length: 6 }, () => video(0.02)), seconds: 80, strangers: loaded });
    expect(levelsAt(all, 20)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(levelsAt(all, 22)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(levelsAt(all, 40)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(levelsAt(all, 80)).toEqual([1, 1, 1, 1, 1, 1]);
    for (const steps of all) expect(steps.filter(({ seconds }) => seconds >= 20).length).toBeLessThanOrEqual(2);
  });

  test('of different rates and sizes each keeps to its own share', () => {
    const all = playPage({
      videos: [video(0.01), { fps: 60, ownMs: 0.05 * (1000 / 60) }, { fps: 24, ownMs: 0.002 * (1000 / 24) }],
      seconds: 60,
    });
    expect(levelsAt(all, 60)).toEqual([2, 0, 3]);
  });
});
