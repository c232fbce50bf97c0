import { describe, expect, it } from 'vitest';
import { clock, progressLine } from './progress.js';

describe('clock', () => {
  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [245, '4:05'],
    [3723, '1:02:03'],
    [-1, '0:00'],
  ])('%d s is %s', (seconds, text) => {
    expect(clock(seconds)).toBe(text);
  });
});

describe('progressLine', () => {
  it('shows share, frames, speed and the time left', () => {
    expect(progressLine(60, 240, 15)).toBe('[=======>                    ]  25 %  60/240 frames  4.0 fps  0:45 left');
  });

  it('is full at the end, also when there were more frames than announced', () => {
    expect(progressLine(11, 10, 2)).toBe(`[${'='.repeat(28)}] 100 %  11/10 frames  5.5 fps`);
  });

  it('divides by nothing at the start', () => {
    expect(progressLine(0, 0, 0)).toBe(`[>${' '.repeat(27)}]   0 %  0/0 frames  0.0 fps`);
  });
});
