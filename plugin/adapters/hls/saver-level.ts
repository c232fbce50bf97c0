import type { Size } from '../../index.js';

/**
 * The level to fetch at most when the picture is upscaled: of the smallest size that, `factor` times as large, fills the display or is as
 * large as the best level, the one of the highest bitrate. Never above `top`.
 *
 * @param levels from the lowest bitrate
 * @param top index of the best level that may be fetched
 * @param display device pixels
 */
export function levelToUpscale(levels: readonly Size[], top: number, display: Size, factor: number): number {
  const best = levels[top];
  if (!best || !(best.width > 0)) return top;
  const width = Math.min(best.width, display.width) / factor;
  const height = Math.min(best.height, display.height) / factor;
  let chosen = top;
  for (let index = top; index >= 0; index--) {
    const [level, former] = [levels[index], levels[chosen]];
    if (!level || !former || level.width < width || level.height < height) continue;
    if (level.width * level.height < former.width * former.height) chosen = index;
  }
  return chosen;
}

/** The level that hls.js would fetch at this bandwidth, by the rule of its `abrBandWidthUpFactor`: from `lowest` to `top`. */
export function levelForBandwidth(
  levels: readonly { readonly bitrate: number }[],
  { lowest, top, bitsPerSecond }: { lowest: number; top: number; bitsPerSecond: number },
): number {
  for (let level = Math.min(top, levels.length - 1); level > lowest; level--)
    if ((levels[level]?.bitrate ?? Number.POSITIVE_INFINITY) <= bitsPerSecond) return level;
  return lowest;
}

/** Bytes that a fragment of the wanted level would have had beyond this one's, by the ratio of the levels' bitrates. */
export function bytesSaved(loadedBytes: number, loadedBitrate: number, wantedBitrate: number): number {
  if (!(loadedBitrate > 0) || wantedBitrate <= loadedBitrate) return 0;
  return Math.round(loadedBytes * (wantedBitrate / loadedBitrate - 1));
}
