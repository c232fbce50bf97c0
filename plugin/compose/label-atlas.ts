import type { Rect } from '../core/geometry.js';
import { textOn } from './colour.js';
import type { PromptStyle } from './highlights.js';

/** Plates with text, one below the other; unpremultiplied RGBA. */
export interface LabelAtlas {
  readonly image: ImageData;
  /** Each prompt's plate, pixels. */
  readonly plates: readonly Rect[];
}

// CSS pixels.
const fontSize = 13;
const plateHeight = 20;
const padding = 6;
const radius = 4;
const widest = 220;

/**
 * Draws every prompt's label for a density of device pixels a CSS pixel. Undefined where there is no 2D canvas outside the page: labels
 * are left out then.
 */
export function drawLabels(prompts: readonly PromptStyle[], ratio: number): LabelAtlas | undefined {
  if (typeof OffscreenCanvas === 'undefined' || prompts.length === 0) return undefined;
  const height = Math.ceil(plateHeight * ratio);
  const canvas = new OffscreenCanvas(Math.ceil(widest * ratio), height * prompts.length);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return undefined;
  context.font = `600 ${fontSize * ratio}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const plates = prompts.map(({ text, colour }, i): Rect => {
    const shown = fitted(context, text, (widest - 2 * padding) * ratio);
    // Whole pixels: the padding takes up the fraction.
    const width = Math.round(context.measureText(shown).width + 2 * padding * ratio);
    const ink = textOn(colour);
    const line = Math.max(1, Math.round(ratio));
    context.beginPath();
    context.roundRect(line / 2, i * height + line / 2, width - line, height - line, radius * ratio);
    context.fillStyle = `rgb(${colour.map((channel) => Math.round(channel * 255)).join(' ')})`;
    context.fill();
    // The plate shows on a picture of its own colour too.
    context.lineWidth = line;
    context.strokeStyle = ink === 'black' ? 'rgb(0 0 0 / 0.55)' : 'rgb(255 255 255 / 0.7)';
    context.stroke();
    context.fillStyle = ink;
    context.fillText(shown, padding * ratio, (i + 0.53) * height);
    return { x: 0, y: i * height, width, height };
  });
  return { image: context.getImageData(0, 0, canvas.width, canvas.height), plates };
}

/** The text, cut off with an ellipsis where it is wider than so many pixels. */
function fitted(context: OffscreenCanvasRenderingContext2D, text: string, most: number): string {
  if (context.measureText(text).width <= most) return text;
  const characters = [...text];
  while (characters.length > 1 && context.measureText(`${characters.join('')}…`).width > most) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}
