import { planCompanions } from './companions.js';
import { Container } from './container.js';
import { mux, type Piece } from './mux.js';
import { orderParts, readPart } from './part.js';
import { say } from './say.js';
import { readSourceInfo } from './source-info.js';

/**
 * Puts all parts of a film together: the picture of each, and what the first has beside it.
 *
 * @returns the written file in `scratch`, and the number of frames
 * @throws CommandError `ffmpeg-missing`, `input-unreadable`, `output-failed`.
 */
export async function joinParts(
  files: readonly string[],
  extension: string,
  scratch: string,
): Promise<{ readonly written: string; readonly frames: number }> {
  const parts = orderParts(await Promise.all(files.map((file) => readPart(file))));
  const filled = parts.filter(({ note }) => note.frames > 0);
  const [first] = parts;
  const [firstFilled, last] = [filled[0], filled.at(-1)];
  if (!first || !firstFilled || !last) throw new RangeError('a film has a frame');
  const info = await readSourceInfo(first.file);
  const container = await Container.open(extension, info, scratch);
  const companions = await planCompanions(info, container);
  say(companions);
  const { timeBase, frameRate } = firstFilled.note;
  const pieces = filled.map(({ file, note, videoStartUs, fileStartUs, inMilliseconds }): Piece => {
    const shiftUs = note.firstUs - videoStartUs;
    // Its times are the film's own already, but for their rounding.
    return { file, shiftUs: inMilliseconds && Math.abs(shiftUs) < 1000 ? 0 : shiftUs, fileStartUs };
  });
  const frames = filled.reduce((sum, { note }) => sum + note.frames, 0);
  const beside = { file: first.file, shiftSeconds: 0, clockWentBack: false, companions };
  const { pictureTags } = first;
  const written = await mux(
    { pieces, beside, container, scratch, timeBase, pictureTags },
    {
      frames,
      spanSeconds: (last.note.lastUs - firstFilled.note.firstUs) / 1e6,
      frameSeconds: frameRate.denominator / frameRate.numerator,
    },
  );
  return { written, frames };
}
