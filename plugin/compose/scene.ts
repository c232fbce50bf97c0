import type { Rect, Size, Turn } from '../core/geometry.js';
import { type Highlights, mostMarks, mostPrompts } from './highlights.js';

/** What a scene is laid out for. */
export interface SceneLayout {
  /** The picture's rectangle on the canvas, device pixels. */
  readonly rect: Rect;
  readonly canvas: Size;
  /** Device pixels from the rectangle's left edge; negative: no split. */
  readonly split: number;
  readonly dividerWidth: number;
  readonly pixelRatio: number;
  /** How the canvas lies on the screen, against which labels are turned back. Absent: upright. */
  readonly turn?: Turn | undefined;
  /** Device pixels a pixel of the atlas. */
  readonly labelScale: number;
  /** Each prompt's plate in the atlas; empty for no labels. */
  readonly plates: readonly Rect[];
  /** Prompts that have a heat map. */
  readonly layers: number;
  /** The number of cuts is copied into the block. */
  readonly countsCuts: boolean;
}

const wordsOfHeader = 16;
/** Where the GPU's own count of cuts goes, bytes. */
export const cutsOffsetBytes = 48;
const wordsOfMark = 20;

/** Words of the uniform block `Scene` of prelude/highlight.wgsl: its layout, colours, marks. */
export const sceneWords = wordsOfHeader + mostPrompts * 4 + mostMarks * wordsOfMark;

/** Writes the uniform block; returns the number of marks. */
export function writeScene(words: Float32Array, highlights: Highlights, layout: SceneLayout): number {
  const { rect, canvas, split, dividerWidth, pixelRatio, labelScale, plates, layers, countsCuts } = layout;
  const count = Math.min(highlights.marks.length, mostMarks);
  words.set([rect.x, rect.y, rect.width, rect.height, canvas.width, canvas.height, split, dividerWidth]);
  words.set([pixelRatio, count, labelScale, Math.min(layers, highlights.prompts.length)], 8);
  words[13] = countsCuts ? (highlights.cuts ?? -1) : -1;
  words[14] = layout.turn?.quarters ?? 0;
  words[15] = layout.turn?.mirrored ? 1 : 0;
  for (const [i, { colour }] of highlights.prompts.entries()) words.set([...colour, 1], wordsOfHeader + i * 4);
  for (let i = 0; i < count; i++) {
    const mark = highlights.marks[i];
    if (!mark) break;
    const at = wordsOfHeader + mostPrompts * 4 + i * wordsOfMark;
    const colour = highlights.prompts[mark.prompt]?.colour ?? [1, 1, 1];
    writeRect(words, at, mark.box);
    writeRect(words, at + 4, mark.seenAt);
    words.set(colour, at + 8);
    words[at + 11] = 1;
    writeRect(words, at + 12, plates[mark.prompt]);
    words[at + 16] = mark.prompt < layers ? mark.prompt : -1;
  }
  return count;
}

function writeRect(words: Float32Array, at: number, rect: Rect | undefined): void {
  words[at] = rect?.x ?? 0;
  words[at + 1] = rect?.y ?? 0;
  words[at + 2] = rect?.width ?? 0;
  words[at + 3] = rect?.height ?? 0;
}
