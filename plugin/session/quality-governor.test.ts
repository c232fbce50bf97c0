import { describe, expect, test } from 'vitest';
import { governorDefaults, QualityGovernor } from './quality-governor.js';

const intervalMs = 40; // 25 fps: a budget of 24 ms, of which going up may fill 19.2.
const { samplesDown, samplesUp, retryMs } = governorDefaults;

/** Feeds samples 250 ms apart; the first warms up. */
function feed(governor: QualityGovernor, gpuMs: number, count: number, fromMs = 0): number {
  for (let i = 0; i < count; i++) governor.sample(gpuMs, intervalMs, fromMs + i * 250);
  return governor.level;
}

describe('QualityGovernor', () => {
  test.each([
    ['far below the budget: up once', 2, 2, 1 + samplesUp, 1],
    ['one sample fewer: not yet', 2, 2, samplesUp, 0],
    ['four times the time would fit the budget, but not its headroom: stays', 5, 2, 200, 0],
    ['in budget: stays', 20, 2, 200, 0],
    ['over budget at the cheapest: out', 30, 2, 1 + samplesDown, -1],
    ['over budget, one sample fewer: stays', 30, 2, samplesDown, 0],
    ['no tier above: stays', 2, 1, 200, 0],
  ])('%s', (_case, gpuMs, tierCount, samples, level) => {
    expect(feed(new QualityGovernor(tierCount), gpuMs, samples)).toBe(level);
  });

  test('ignores the first sample of a tier', () => {
    const governor = new QualityGovernor(2);
    governor.sample(5000, intervalMs, 0);
    expect(feed(governor, 30, samplesDown - 1, 250)).toBe(0);
  });

  test('a single slow frame between good ones changes nothing', () => {
    const governor = new QualityGovernor(1);
    for (let i = 0; i < 50; i++) governor.sample(i % 3 === 0 ? 15 : 60, intervalMs, i * 250);
    expect(governor.level).toBe(0);
  });

  test('comes down from a tier that turns out too slow, and waits longer each time before trying again', () => {
    const governor = new QualityGovernor(2);
    feed(governor, 2, 1 + samplesUp);
    expect(feed(governor, 30, 1 + samplesDown, 10_000)).toBe(0);
    // Measured now: 30 ms above against 2 ms here. The cheap tier's own time halves, and so does the prediction.
    expect(feed(governor, 1, 100, 11_000)).toBe(0);
  });

  test('tries the cheapest again after a wait that doubles', () => {
    const governor = new QualityGovernor(1);
    feed(governor, 30, 1 + samplesDown);
    const outAtMs = samplesDown * 250;
    expect(governor.tick(outAtMs + retryMs - 1)).toBe(-1);
    expect(governor.tick(outAtMs + retryMs)).toBe(0);
    const againMs = outAtMs + retryMs + 1000;
    feed(governor, 30, 1 + samplesDown, againMs);
    const secondOutMs = againMs + samplesDown * 250;
    expect(governor.tick(secondOutMs + retryMs)).toBe(-1);
    expect(governor.tick(secondOutMs + 2 * retryMs)).toBe(0);
  });

  test('a forbidden tier is never tried again', () => {
    const governor = new QualityGovernor(2);
    feed(governor, 2, 1 + samplesUp);
    governor.forbid(1);
    expect(governor.level).toBe(0);
    expect(feed(governor, 2, 200, 1e9)).toBe(0);
  });

  test('forgets times of another frame size', () => {
    const governor = new QualityGovernor(2);
    feed(governor, 2, 1 + samplesUp);
    feed(governor, 30, 1 + samplesDown, 10_000);
    governor.reset();
    expect(feed(governor, 2, 1 + samplesUp, 60_000)).toBe(1);
  });
});
