import type { EnhancedStats } from './enhanced.js';

const mostFaults = 3;
/** What would show as 0.0. */
const leastBytes = 50_000;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** `name amount` of all that are at least so much, the largest first. */
function parts(amounts: Readonly<Record<string, number>>, least: number, shown: (amount: number) => string): string {
  return Object.entries(amounts)
    .filter(([, amount]) => amount >= least)
    .sort(([, a], [, b]) => b - a)
    .map(([name, amount]) => `${name} ${shown(amount)}`)
    .join(', ');
}

function frames({ framesShown, framesByTier, framesLate, framesDropped, framesBypassed }: EnhancedStats): string {
  const tiers = parts(framesByTier, 1, String);
  const shown = `${framesShown} shown${tiers === '' ? '' : ` (${tiers})`}`;
  return `frames: ${shown}, ${framesLate} late, ${framesDropped} dropped, ${framesBypassed} bypassed`;
}

function gpu({ gpuMs }: EnhancedStats): string | undefined {
  const stages = Object.entries(gpuMs);
  if (stages.length === 0) return undefined;
  const total = stages.reduce((sum, [, ms]) => sum + ms, 0);
  return `GPU ms: ${total.toFixed(1)} = ${stages.map(([stage, ms]) => `${stage} ${ms.toFixed(1)}`).join(' + ')}`;
}

function memory({ memoryBytes }: EnhancedStats): string {
  const total = Object.values(memoryBytes).reduce((sum, bytes) => sum + bytes, 0);
  const owners = parts({ ...memoryBytes }, leastBytes, megabytes);
  return `GPU MB: ${megabytes(total)}${owners === '' ? '' : ` = ${owners}`}`;
}

function looks({ detect }: EnhancedStats): string | undefined {
  if (!detect) return undefined;
  const answer = detect.answerMs === undefined ? '' : `, ${detect.answerMs.toFixed(0)} ms each`;
  return `looks: ${detect.state}, ${detect.looks}, ${detect.rateHz.toFixed(1)} a second${answer}, ${detect.tracks} followed`;
}

function faults({ faults: all }: EnhancedStats): string | undefined {
  const last = all
    .slice(-mostFaults)
    .map(({ atMs, code, stage }) => `${code} in ${stage} at ${(atMs / 1000).toFixed(1)} s`);
  return last.length === 0 ? undefined : `faults: ${last.join('; ')}`;
}

/** What the debug overlay says, a line each; what there is nothing to say about is left out. */
export function debugLines(stats: EnhancedStats): readonly string[] {
  const { state, why, tier, renderer, fps, sourceSize, displaySize, reusedShare, bytesSaved } = stats;
  const lines = [
    `${state}, ${tier}${renderer ? ` on ${renderer}` : ''}, ${fps.toFixed(0)} fps`,
    why && `why: ${why.message}`,
    sourceSize.width > 0
      ? `${sourceSize.width}x${sourceSize.height} to ${displaySize.width}x${displaySize.height} pixels`
      : undefined,
    gpu(stats),
    frames(stats),
    reusedShare === undefined ? undefined : `reused: ${Math.round(reusedShare * 100)} % of the picture`,
    memory(stats),
    looks(stats),
    bytesSaved === undefined ? undefined : `HLS MB saved: ${megabytes(bytesSaved)}`,
    faults(stats),
  ];
  return lines.filter((line) => line !== undefined);
}
