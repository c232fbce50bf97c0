import { describe, expect, it } from 'vitest';
import { FrameLog } from './frame-log.js';

const config = '[Parsed_showinfo_0 @ 0x5568] [info] config in time_base: 1/12800, frame_rate: 25/1';
const line = (n: number, pts: number | string, key = 0): string =>
  `[Parsed_showinfo_0 @ 0x5568] [info] n:${String(n).padStart(4)} pts:${String(pts).padStart(7)} pts_time:0.08    pos:     1310 fmt:yuv420p sar:1/1 s:64x48 i:P iskey:${key} type:I `;

describe('FrameLog', () => {
  it('reads time, time base and key of each frame', () => {
    const log = new FrameLog();
    expect(log.read(config)).toBeUndefined();
    expect(log.read('[info]   Stream #0:0[0x100]: Video: h264')).toBeUndefined();
    expect(log.read(line(0, -512, 1))).toEqual({
      ticks: -512,
      timeBase: { numerator: 1, denominator: 12_800 },
      isKey: true,
      clockWentBack: false,
    });
    expect(log.read(line(1, 1024))).toMatchObject({ ticks: 1024, isKey: false });
  });

  it('reads the line of newer versions', () => {
    const log = new FrameLog();
    log.read(config);
    const newer =
      '[Parsed_showinfo_0 @ 0x1] [info] n:   3 pts:   1536 pts_time:0.12    duration:    512 duration_time:0.04    fmt:yuv420p cl:left sar:1/1 s:64x48 i:P iskey:1 type:I';
    expect(log.read(newer)).toMatchObject({ ticks: 1536, isKey: true });
  });

  it('shows each frame, also one without a time or with one that goes back', () => {
    const log = new FrameLog();
    log.read(config);
    expect(
      [line(0, 0), line(1, 512), line(2, 'NOPTS'), line(3, 400), line(4, 2000)].map((text) => log.read(text)?.ticks),
    ).toEqual([0, 512, 513, 514, 2000]);
  });

  it('goes on where the clock goes back', () => {
    const log = new FrameLog();
    log.read(config);
    const notes = [line(0, 12_800), line(1, 13_312), line(2, 0, 1), line(3, 512)].map((text) => log.read(text));
    expect(notes.map((note) => note?.ticks)).toEqual([12_800, 13_312, 13_824, 14_336]);
    expect(notes.map((note) => note?.clockWentBack)).toEqual([false, false, true, false]);
  });
});
