import type { Page } from '@playwright/test';
import { PNG } from 'pngjs';

/** An RGB picture, 8 bits a channel, rows from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA bytes. */
  readonly data: Uint8Array;
}

/** Device pixels of a rectangle of the page, in CSS pixels: what a user sees. */
export async function screenshot(
  page: Page,
  clip: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Promise<Pixels> {
  return PNG.sync.read(await page.screenshot({ clip, scale: 'device', animations: 'allow' }));
}

/** The largest and the mean absolute difference of a channel, over pixels that `where` accepts. */
export function difference(
  a: Pixels,
  b: Pixels,
  where: (x: number, y: number) => boolean = () => true,
): { max: number; mean: number } {
  if (a.width !== b.width || a.height !== b.height)
    throw new RangeError(`pictures of ${a.width}x${a.height} and ${b.width}x${b.height}`);
  let max = 0;
  let sum = 0;
  let count = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      if (!where(x, y)) continue;
      for (let channel = 0; channel < 3; channel++) {
        const at = (y * a.width + x) * 4 + channel;
        const delta = Math.abs((a.data[at] ?? 0) - (b.data[at] ?? 0));
        max = Math.max(max, delta);
        sum += delta;
        count++;
      }
    }
  return { max, mean: sum / Math.max(1, count) };
}

/** Mean of all channels, 0 to 255. */
export function meanLevel(pixels: Pixels): number {
  let sum = 0;
  for (let i = 0; i < pixels.data.length; i++) if (i % 4 < 3) sum += pixels.data[i] ?? 0;
  return sum / (pixels.width * pixels.height * 3);
}
