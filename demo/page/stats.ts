import type { EnhancedStats, Size } from '../../plugin/index.js';
import { describeLooks } from './finder.js';

const intervalMs = 500;
const none = '–';

const pixels = ({ width, height }: Size): string => `${width} × ${height}`;

function gpuTimes(gpuMs: EnhancedStats['gpuMs']): string {
  const stages = Object.entries(gpuMs);
  if (stages.length === 0) return 'not measured here';
  const total = stages.reduce((sum, [, ms]) => sum + ms, 0);
  return `${total.toFixed(1)}: ${stages.map(([stage, ms]) => `${stage} ${ms.toFixed(1)}`).join(', ')}`;
}

function describe(stats: EnhancedStats | undefined): Readonly<Record<string, string>> {
  if (stats === undefined) return {};
  const running = stats.state === 'running';
  return {
    tier: running ? stats.tier : `${none} (${stats.why?.code ?? stats.state})`,
    fps: running ? stats.fps.toFixed(1) : none,
    gpu: running ? gpuTimes(stats.gpuMs) : none,
    first: stats.firstFrameMs === undefined ? none : stats.firstFrameMs.toFixed(0),
    looks: describeLooks(stats.detect),
    shown: String(stats.framesShown),
    dropped: `${stats.framesDropped}${stats.framesLate > 0 ? ` (${stats.framesLate} late)` : ''}`,
    bypassed: String(stats.framesBypassed),
    pixels: stats.sourceSize.width > 0 ? `${pixels(stats.sourceSize)} → ${pixels(stats.displaySize)}` : none,
  };
}

/** Keeps the table of figures up to date while the page can be seen. */
export function showStats(list: HTMLElement, read: () => EnhancedStats | undefined): void {
  const cells = [...list.querySelectorAll<HTMLElement>('[data-stat]')];
  setInterval(() => {
    if (document.hidden) return;
    const texts = describe(read());
    for (const cell of cells) {
      const text = texts[cell.dataset.stat ?? ''] ?? none;
      if (cell.textContent !== text) cell.textContent = text;
    }
  }, intervalMs);
}
