import { describe, expect, it } from 'vitest';
import { checkLines, checks } from './checks.js';
import type { Family } from './contender.js';
import type { Judged } from './page.js';
import { logTicks, plotSvg } from './plot.js';
import { withReport } from './readme.js';
import { displayName, makeRow, preface, type Report, tables } from './report.js';
import { type Condition, groups, type Sample } from './sample.js';

const all = <T>(value: (condition: Condition) => T): Record<Condition, T> => ({
  clean: value('clean'),
  crf23: value('crf23'),
  crf28: value('crf28'),
  crf33: value('crf33'),
});

const picture = { width: 2, height: 2, data: new Uint8Array(16) };
const samples: readonly Sample[] = groups.map((group) => ({
  group,
  name: group,
  high: picture,
  low: all(() => picture),
}));

/** A contender's gain: the same in all conditions, a tenth more on clips. */
interface Made {
  readonly name: string;
  readonly family: Family;
  readonly ms: number;
  readonly db: number;
  readonly submits?: number;
}

function report(made: readonly Made[]): Report {
  const judged: readonly Judged[] = groups.map((group) => ({
    lanczos: all(() => ({ psnrDb: 30, ssim: 0.9 })),
    scores: made.map(({ db }) => all(() => ({ psnrDb: 30 + db + (group === 'clips' ? 0.1 : 0), ssim: 0.91 }))),
  }));
  // Three rounds, the middle one of them the median.
  const times = [2, 1, 0.5].map((factor) => ({
    ms: made.map(({ ms }) => ms * factor),
    asShippedMs: made.map(() => null),
    failed: made.map(() => null),
  }));
  return {
    adapter: 'a card <fast>',
    software: false,
    cold: false,
    timedSize: { width: 640, height: 360 },
    rounds: 3,
    framesARound: 1,
    frames: { photographs: 1, clips: 1 },
    leftOut: ['X: no such limit'],
    lanczos: {},
    rows: made.map((entry, i) =>
      makeRow(entry, i, { firstFrameMs: 50, submits: entry.submits ?? 1, dispatches: 9 }, times, samples, judged),
    ),
  };
}

const made: readonly Made[] = [
  { name: 'S', family: 'vitreous', ms: 10, db: 0.5 },
  { name: 'M', family: 'vitreous', ms: 40, db: 0.6 },
  { name: 'CNNx2M', family: 'anime4k-webgpu', ms: 20, db: 0.4 },
  { name: 'CNNx2VL', family: 'anime4k-webgpu', ms: 30, db: 0.7 },
  { name: 'WebSR S', family: 'websr', ms: 5, db: -0.2, submits: 5 },
];

describe('the report', () => {
  it('takes medians of time and means of gain, by group', () => {
    const [s] = report(made).rows;
    expect(s).toMatchObject({ medianMs: 10, fastestMs: 5, firstFrameMs: 50, submits: 1, dispatches: 9 });
    expect(s?.gains.photographs?.crf28.psnrDb).toBeCloseTo(0.5, 9);
    expect(s?.gains.clips?.clean.psnrDb).toBeCloseTo(0.6, 9);
    expect(s?.gains.clips?.clean.ssim).toBeCloseTo(0.01, 9);
    expect(s).not.toHaveProperty('asShippedMs');
  });

  it('prints a line a contender, aligned, with both groups', () => {
    const [head = '', first = ''] = tables(report(made));
    expect(head).toMatch(/^ +ms +first ms +submits +dispatches +dB clean +dB crf 23 +dB crf 28 +dB crf 33$/);
    expect(first).toMatch(/^Vitreous S +10\.0 +50\.0 +1 +9( +\+0\.50\/\+0\.60){4}$/);
    expect(first).toHaveLength(head.length);
    expect(tables(report(made))[5]).toContain('-0.20/-0.10');
    expect(preface(report(made)).join('\n')).toContain('median of 3 rounds in turns, 640x360');
    expect(preface(report(made))).toContain('peers left out: X: no such limit');
  });

  it('has a row for one that could not be timed, and says why; the checks leave it out', () => {
    const whole = report(made);
    const partial: Report = {
      ...whole,
      leftOut: ['Vitreous M: [device-limit] too large'],
      rows: whole.rows.map((row) => (row.name === 'M' ? { ...row, medianMs: Number.NaN, fastestMs: Number.NaN } : row)),
    };
    expect(preface(partial)).toContain('left out: Vitreous M: [device-limit] too large');
    expect(tables(partial)[2]).toMatch(/^Vitreous M +- +50\.0/);
    expect(checks(partial).some(({ what }) => what.includes('Vitreous M'))).toBe(false);
  });
});

describe('the checks', () => {
  const lines = checkLines(checks(report(made)));

  it('set each tier against each peer of equal or longer time, and no other', () => {
    const ahead = checks(report(made)).filter(({ what }) => what.includes('ahead'));
    expect(ahead.map(({ what, holds }) => [what, holds])).toEqual([
      ['Vitreous S ahead of CNNx2M at crf 28', true],
      ['Vitreous S ahead of CNNx2M at clean', true],
      ['Vitreous S ahead of CNNx2VL at crf 28', false],
      ['Vitreous S ahead of CNNx2VL at clean', false],
    ]);
  });

  it('say by how much', () => {
    expect(lines.find((line) => line.includes('CNNx2M at crf 28'))).toMatch(
      /^yes .* \+0\.10\/\+0\.10 dB in 0\.50 of the time$/,
    );
    expect(lines.find((line) => line.includes('CNNx2VL at crf 28'))).toMatch(/^NO .* -0\.20\/-0\.20 dB/);
  });

  it('compare times, and count submits', () => {
    expect(lines.find((line) => line.includes('S takes less time than CNNx2M'))).toMatch(/^yes/);
    expect(lines.find((line) => line.includes('M takes less time than CNNx2VL'))).toMatch(/^NO/);
    expect(lines.filter((line) => line.includes('submits once a frame'))).toHaveLength(2);
  });
});

describe('the page with the table', () => {
  const page = ['before', '<!-- bench:peers, written by the command -->', 'old', '<!-- /bench:peers -->', 'after'].join(
    '\n',
  );

  it('gets the new lines in place of the old, as often as one likes', () => {
    const once = withReport(page, ['a  b', 'c  d']);
    expect(once).toBe(
      'before\n<!-- bench:peers, written by the command -->\n\n```\na  b\nc  d\n```\n\n<!-- /bench:peers -->\nafter',
    );
    expect(withReport(once, ['a  b', 'c  d'])).toBe(once);
  });

  it('must have the markers', () => {
    expect(() => withReport('nothing', [])).toThrow('no block');
  });
});

describe('the plot', () => {
  const svg = plotSvg(report(made));
  const numbers = (pattern: RegExp): number[] => [...svg.matchAll(pattern)].map((match) => Number(match[1]));

  it('has a mark and a name for each contender in each panel', () => {
    // A mark each in two panels, and one for the family in the legend.
    expect(svg.match(/<circle /g)).toHaveLength(2 * 2 + 1);
    expect(svg.match(/<rect /g)).toHaveLength(2 * 2 + 1);
    expect(svg.match(/<path class="websr"/g)).toHaveLength(2 + 1);
    for (const entry of made) expect(svg.split(`>${displayName(entry)}</text>`)).toHaveLength(3);
  });

  it('puts longer times to the right on a logarithmic axis, and more dB higher', () => {
    const [, sX = 0, mX = 0] = numbers(/<circle class="vitreous" cx="([\d.]+)"/g);
    const [, sY = 0, mY = 0] = numbers(/<circle class="vitreous" cx="[\d.]+" cy="([\d.]+)"/g);
    const [, peerX = 0] = numbers(/<rect class="anime4k-webgpu" x="([\d.]+)"/g);
    expect(mY).toBeLessThan(sY);
    // 10, 20 and 40 ms: equal steps, to the tenth of a pixel that is written; the square's x is that of its corner.
    expect(peerX + 4 - sX).toBeCloseTo(mX - (peerX + 4), 0);
  });

  it('is well-formed, with the adapter named', () => {
    expect(svg).toContain('a card &lt;fast>');
    const open = svg.match(/<(svg|text|title|style)\b/g)?.length;
    expect(svg.match(/<\/(svg|text|title|style)>/g)).toHaveLength(open ?? -1);
    expect(svg).not.toContain('NaN');
  });

  it('ticks at 1, 2 and 5 of each power of ten', () => {
    expect(logTicks(0.15, 30)).toEqual([0.2, 0.5, 1, 2, 5, 10, 20]);
  });
});
