// The ladder of the HLS tests: three renditions of one film, cut into segments and parts. Each frame carries its number as a row of
// black and white cells along the top, so that a test can tell which frame it sees.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { counterCells } from './hls-counter.mjs';

const run = promisify(execFile);

/** Few enough for a software GPU that shares its processor. */
export const framesPerSecond = 5;
export const segmentSeconds = 1;
export const partsPerSegment = 5;
/** One round of the film. */
export const segmentCount = 12;
/** From the lowest; `quality` is x264's crf. */
export const renditions = /** @type {const} */ ([
  { name: 'low', width: 96, height: 54, quality: 26 },
  { name: 'middle', width: 160, height: 90, quality: 26 },
  { name: 'high', width: 320, height: 180, quality: 26 },
]);

/** @typedef {{ name: string, width: number, height: number, init: Buffer, parts: readonly Buffer[] }} Rendition */

function counter() {
  const cells = Array.from({ length: counterCells - 1 }, (_, bit) => {
    const set = `gte(mod(n,${2 ** (bit + 1)}),${2 ** bit})`;
    return `drawbox=x=iw*${bit}/${counterCells}:y=0:w=iw/${counterCells}:h=ih/4:color=white:t=fill:enable='${set}'`;
  });
  const last = `drawbox=x=iw*${counterCells - 1}/${counterCells}:y=0:w=iw/${counterCells}:h=ih/4:color=white:t=fill`;
  return ['drawbox=x=0:y=0:w=iw:h=ih/4:color=black:t=fill', ...cells, last].join(',');
}

/** @param {typeof renditions[number]} rendition @param {string} file */
async function encode({ width, height, quality }, file) {
  const seconds = segmentCount * segmentSeconds;
  const filter = `${counter()},scale=out_color_matrix=bt709:out_range=tv,format=yuv420p`;
  const group = framesPerSecond * segmentSeconds;
  const partUs = Math.round((segmentSeconds * 1e6) / partsPerSegment);
  // A key frame begins each segment; a fragment ends with the part's last frame.
  const codec = `-c:v libx264 -preset veryfast -crf ${quality} -g ${group} -keyint_min ${group} -sc_threshold 0 -bf 0`;
  const colours = '-colorspace bt709 -color_primaries bt709 -color_trc bt709';
  const container = `-movflags empty_moov+default_base_moof+frag_keyframe -frag_duration ${partUs} -f mp4`;
  const source = `testsrc2=size=${width}x${height}:rate=${framesPerSecond}:duration=${seconds}`;
  await run('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', source, '-vf', filter],
    ...`${codec} ${colours} ${container}`.split(' '),
    file,
  ]);
}

/** Cuts a fragmented MP4 at its boxes. @param {Buffer} file @returns {{ init: Buffer, parts: readonly Buffer[] }} */
function cut(file) {
  const parts = [];
  let initEnd = 0;
  let moof = 0;
  for (let at = 0; at < file.length; at += file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'moov') initEnd = at + file.readUInt32BE(at);
    if (type === 'moof') moof = at;
    if (type === 'mdat') parts.push(file.subarray(moof, at + file.readUInt32BE(at)));
  }
  const expected = segmentCount * partsPerSegment;
  if (parts.length !== expected) throw new Error(`${parts.length} parts instead of ${expected}`);
  return { init: file.subarray(0, initEnd), parts };
}

/** Makes what is not there yet. @param {string} folder @returns {Promise<readonly Rendition[]>} from the lowest */
export async function openLadder(folder) {
  mkdirSync(folder, { recursive: true });
  const ladder = [];
  for (const rendition of renditions) {
    const { name, width, height, quality } = rendition;
    const file = join(folder, `hls-${width}x${height}-${framesPerSecond}fps-crf${quality}.mp4`);
    if (!existsSync(file)) {
      const making = `${file}.${process.pid}.tmp`;
      await encode(rendition, making);
      renameSync(making, file);
    }
    ladder.push({ name, width, height, ...cut(readFileSync(file)) });
  }
  return ladder;
}

/** Bytes of a part of the film. @param {Rendition} rendition @param {number} segment @param {number} part */
export function partOf({ parts }, segment, part) {
  return parts[(segment % segmentCount) * partsPerSegment + part] ?? Buffer.alloc(0);
}

/** Bytes of a segment of the film. @param {Rendition} rendition @param {number} segment */
export function segmentOf({ parts }, segment) {
  const first = (segment % segmentCount) * partsPerSegment;
  return Buffer.concat(parts.slice(first, first + partsPerSegment));
}
