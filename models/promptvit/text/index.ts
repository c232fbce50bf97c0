import { checkSha256 } from '../../../plugin/engine/files/fetch.js';
import { fetchFile, type LoadOptions } from '../../../plugin/engine/files/load.js';
import type { ShippedFile } from '../../../plugin/engine/files/shipped-file.js';
import { SafetensorsFile } from '../../../plugin/engine/weights/safetensors.js';
import manifest from './manifest.json';
import { TextTower } from './tower.js';

export const textWeights: ShippedFile = {
  path: 'models/promptvit/text/weights.safetensors',
  get url() {
    return new URL('./weights.safetensors', import.meta.url);
  },
};

/** How far an answer's vector is to be trusted: expected cosines to CLIP's own text vector, measured on names held out of training. */
export interface TextCalibration {
  readonly exact: number;
  readonly synonym: number;
  readonly broader: number;
  /** For a guess: `slope` times the cosine to the nearest known name, plus `offset`. */
  readonly guess: { readonly slope: number; readonly offset: number };
}

/** The text side as it ships: words that are known, and vectors for all words. */
export interface TextSide {
  /** See `Lexicon` in plugin/detect/text/lexicon.ts for the format. */
  readonly lexicon: string;
  readonly tower: TextTower;
  readonly calibration: TextCalibration;
}

async function unzipped(bytes: Uint8Array): Promise<string> {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}

/** Checks the bytes of the weights file. @throws VitreousError `weights-*`. */
export async function readTextSide(bytes: Uint8Array<ArrayBuffer>, where: string): Promise<TextSide> {
  await checkSha256(bytes, manifest.weights.sha256, where);
  const file = new SafetensorsFile(bytes);
  return {
    lexicon: await unzipped(file.bytes('lexicon')),
    tower: new TextTower(file, manifest.architecture, (await unzipped(file.bytes('keys'))).split('\n')),
    calibration: manifest.calibration,
  };
}

/** Fetches and checks tower and lexicon, one file. @throws VitreousError `weights-*`; the signal's reason. */
export async function loadTextSide(options: LoadOptions = {}): Promise<TextSide> {
  const { bytes, url } = await fetchFile(textWeights, manifest.weights.sizeBytes, options);
  return readTextSide(bytes, String(url));
}
