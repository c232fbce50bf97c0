import type { Family } from './contender.js';
import { displayName, type Report, type Row } from './report.js';
import { type Group, groups } from './sample.js';

// dB over Lanczos at crf 28 against milliseconds a frame, a panel a group of frames, as SVG. Colours follow the reader's light
// or dark theme; the background is the page's.

const panel = { width: 400, height: 320, left: 52, right: 20, top: 40, bottom: 48 } as const;
const legendHeight = 30;
const lineHeight = 13;

const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.soft { fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.vitreous { fill: #0969da; stroke: #0969da }
.anime4k-webgpu { fill: #bf5700; stroke: #bf5700 }
.websr { fill: #6e7781; stroke: #6e7781 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.soft { fill: #9198a1 }
.grid { stroke: #3d444d }
.vitreous { fill: #4493f8; stroke: #4493f8 }
.anime4k-webgpu { fill: #f0883e; stroke: #f0883e }
.websr { fill: #9198a1; stroke: #9198a1 }
}
</style>`;

interface Point {
  readonly row: Row;
  readonly ms: number;
  readonly db: number;
}

interface Axes {
  x(ms: number): number;
  y(db: number): number;
  readonly msTicks: readonly number[];
  readonly dbTicks: readonly number[];
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (value: number): string => String(Number(value.toFixed(1)));

/** 1, 2 and 5 of each power of ten between two bounds. */
export function logTicks(low: number, high: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const digit of [1, 2, 5]) {
      // Powers of ten below 1 have no exact form: to the digits they need.
      const tick = Number((digit * 10 ** power).toPrecision(1));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

function linearTicks(low: number, high: number): readonly number[] {
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2].find((width) => (high - low) / width <= 7) ?? 5;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(2)));
}

function axesOf(points: readonly Point[], left: number, top: number): Axes {
  const times = points.map(({ ms }) => ms);
  const gains = points.map(({ db }) => db);
  const [msLow, msHigh] = [Math.min(...times) / 1.25, Math.max(...times) * 1.6];
  const room = Math.max(0.04, (Math.max(...gains) - Math.min(...gains)) * 0.08);
  const [dbLow, dbHigh] = [Math.min(...gains) - room, Math.max(...gains) + room];
  const width = panel.width - panel.left - panel.right;
  const height = panel.height - panel.top - panel.bottom;
  return {
    x: (ms) => left + panel.left + (Math.log(ms / msLow) / Math.log(msHigh / msLow)) * width,
    y: (db) => top + panel.top + (1 - (db - dbLow) / (dbHigh - dbLow)) * height,
    msTicks: logTicks(msLow, msHigh),
    dbTicks: linearTicks(dbLow, dbHigh),
  };
}

function marker(family: Family, x: number, y: number): string {
  if (family === 'vitreous') return `<circle class="vitreous" cx="${at(x)}" cy="${at(y)}" r="5"/>`;
  if (family === 'websr') return `<path class="websr" d="M${at(x)} ${at(y - 5)}l5 9h-10z"/>`;
  return `<rect class="anime4k-webgpu" x="${at(x - 4)}" y="${at(y - 4)}" width="8" height="8"/>`;
}

/** Heights of labels, moved apart where they would lie on one another. `taken` are boxes of labels that stand already. */
function freeY(
  x: number,
  y: number,
  width: number,
  taken: readonly (readonly [x: number, y: number, width: number])[],
): number {
  const free = (wanted: number): boolean =>
    taken.every(([tx, ty, tw]) => Math.abs(ty - wanted) >= lineHeight || tx + tw < x || x + width < tx);
  for (let step = 0; step < 20; step++)
    for (const wanted of [y - step * 4, y + step * 4]) if (free(wanted)) return wanted;
  return y;
}

function labels(points: readonly Point[], { x, y }: Axes, right: number): string {
  const taken: [number, number, number][] = points.map(({ ms, db }) => [x(ms) - 5, y(db) + 4, 10]);
  return points
    .map(({ row, ms, db }) => {
      const name = displayName(row);
      const width = name.length * 6.6;
      const toLeft = x(ms) + 8 + width > right;
      const labelX = toLeft ? x(ms) - 8 - width : x(ms) + 8;
      // Ours hang below the line that joins them.
      const labelY = freeY(labelX, y(db) + (row.family === 'vitreous' ? 14 : 4), width, taken);
      taken.push([labelX, labelY, width]);
      const anchor = toLeft ? `text-anchor="end" x="${at(x(ms) - 8)}"` : `x="${at(labelX)}"`;
      return `<text ${anchor} y="${at(labelY)}">${escaped(name)}</text>`;
    })
    .join('\n');
}

function drawPanel(group: Group, count: number, points: readonly Point[], left: number, top: number): string {
  const axes = axesOf(points, left, top);
  const [x0, x1] = [left + panel.left, left + panel.width - panel.right];
  const [y0, y1] = [top + panel.height - panel.bottom, top + panel.top];
  const ours = points.filter(({ row }) => row.family === 'vitreous').sort((a, b) => a.ms - b.ms);
  const line = ours.map(({ ms, db }) => `${at(axes.x(ms))},${at(axes.y(db))}`).join(' ');
  return [
    `<text class="title" x="${x0}" y="${top + 24}">${count} ${group}</text>`,
    ...axes.dbTicks.map(
      (db) =>
        `<path class="grid" d="M${x0} ${at(axes.y(db))}H${x1}"/><text class="soft" text-anchor="end" x="${x0 - 6}" y="${at(axes.y(db) + 4)}">${db >= 0 ? '+' : ''}${db}</text>`,
    ),
    ...axes.msTicks.map(
      (ms) =>
        `<path class="grid" d="M${at(axes.x(ms))} ${y0}V${y1}"/><text class="soft" text-anchor="middle" x="${at(axes.x(ms))}" y="${y0 + 16}">${ms}</text>`,
    ),
    `<text class="soft" text-anchor="middle" x="${(x0 + x1) / 2}" y="${y0 + 36}">milliseconds a frame</text>`,
    `<polyline class="vitreous" style="fill:none;stroke-width:1.5" points="${line}"/>`,
    ...points.map(({ row, ms, db }) => marker(row.family, axes.x(ms), axes.y(db))),
    labels(points, axes, x1),
  ].join('\n');
}

function legend(families: readonly Family[]): string {
  return families
    .map(
      (family, i) =>
        `${marker(family, panel.left + 6 + i * 140, 16)}<text x="${panel.left + 18 + i * 140}" y="20">${family}</text>`,
    )
    .join('\n');
}

/** The whole picture. A group without frames has no panel. */
export function plotSvg(report: Report): string {
  const panels = groups.flatMap((group) => {
    const points = report.rows.flatMap((row) => {
      const gain = row.gains[group]?.crf28;
      return gain ? [{ row, ms: row.medianMs, db: gain.psnrDb }] : [];
    });
    return points.length > 0 ? [{ group, points }] : [];
  });
  const [width, height] = [panels.length * panel.width, panel.height + legendHeight + 24];
  const families = [...new Set(report.rows.map(({ family }) => family))];
  const { timedSize, adapter } = report;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>Gain over Lanczos at crf 28 in dB against milliseconds a frame</title>`,
    style,
    legend(families),
    ...panels.map(({ group, points }, i) =>
      drawPanel(group, report.frames[group] ?? 0, points, i * panel.width, legendHeight),
    ),
    `<text class="soft" x="${panel.left}" y="${height - 8}">dB over Lanczos in luma, crf 28; ${timedSize.width}x${timedSize.height} to twice that on ${escaped(adapter)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}
