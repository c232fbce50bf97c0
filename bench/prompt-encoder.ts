import { readFile } from 'node:fs/promises';
import { readTextSide, textWeights } from '../models/promptvit/text/index.js';
import type { PromptEncoder } from '../plugin/detect/detector.js';
import { LexiconPromptEncoder } from '../plugin/detect/text/encoder.js';

/** The text side of the shipped prompt model, read from the package's own folder. */
export async function openPromptEncoder(): Promise<PromptEncoder> {
  // Vite serves the folder under its own URL scheme in some modes; the weights lie there either way.
  const file = new URL('../models/promptvit/text/weights.safetensors', import.meta.url);
  const bytes = new Uint8Array(await readFile(textWeights.url.protocol === 'file:' ? textWeights.url : file));
  return new LexiconPromptEncoder(await readTextSide(bytes, 'promptvit'));
}
