import type { Size } from '../../plugin/core/geometry.js';
import { CommandError } from '../command-error.js';
import { NodeUpscaler, openNodeGpu, type Pixels } from '../gpu/node-upscaler.js';
import { type Companions, planCompanions } from './companions.js';
import { Container } from './container.js';
import { type DecodedFrame, type DecodeOptions, decode } from './decode.js';
import { FilmWriter } from './film-writer.js';
import { mux } from './mux.js';
import type { UpscaleOptions } from './options.js';
import { type Chunk, filmName, type PartNote } from './part.js';
import { clock, Progress } from './progress.js';
import { say } from './say.js';
import { CellGrid, type CellRange, SegmentStarts } from './segments.js';
import { readSourceInfo, type SourceInfo } from './source-info.js';
import { toSeconds } from './time-base.js';

interface PlacedFrame extends DecodedFrame {
  /** A segment begins with it. */
  readonly begins: boolean;
}

/** Before a part's own frames so much is decoded: all that a frame is predicted from, and what deinterlacing looks back at. */
const leadSeconds = 2;
/** Containers with an index that leads to a key frame and to all that it needs. */
const indexed = /\b(mov|mp4|matroska|webm)\b/;

/** The frames of a range of cells, each told whether a segment begins with it. */
async function* framesOf(
  info: SourceInfo,
  grid: CellGrid,
  range: CellRange,
  how: Pick<DecodeOptions, 'signal' | 'deinterlace'>,
): AsyncGenerator<PlacedFrame> {
  const beginSeconds = range.begin === Number.NEGATIVE_INFINITY ? undefined : grid.beginOf(range.begin);
  const fromSeconds = beginSeconds === undefined ? undefined : Math.max(beginSeconds - leadSeconds, info.startSeconds);
  const seek = fromSeconds !== undefined && fromSeconds > info.startSeconds && indexed.test(info.formatName);
  for (const bySeek of seek ? [true, false] : [false]) {
    const fromStart = fromSeconds === undefined || fromSeconds <= info.startSeconds;
    const starts = new SegmentStarts(grid, range, fromStart);
    let isFirst = true;
    let missed = false;
    const decoding = fromStart ? how : { ...how, fromSeconds, seek: bySeek };
    for await (const frame of decode(info, decoding)) {
      const seconds = toSeconds(frame.ticks, frame.timeBase);
      // The index led to a frame that is not before the part: key frames may have been passed over.
      missed = isFirst && bySeek && beginSeconds !== undefined && seconds >= beginSeconds;
      isFirst = false;
      if (missed) break;
      const place = starts.next({ seconds, isKey: frame.isKey });
      if (place === 'behind') return;
      if (place !== 'before') yield { ...frame, begins: place === 'begins' };
    }
    if (!missed) return;
  }
}

/** Upscales while the frame before is being written: GPU, decoder and encoder work side by side. */
async function pump(
  frames: AsyncIterable<PlacedFrame>,
  upscaler: NodeUpscaler,
  writer: FilmWriter,
  onFrame: (done: number) => void,
): Promise<void> {
  let pending: { readonly picture: Promise<Pixels>; readonly ticks: number } | undefined;
  const flush = async (): Promise<void> => {
    if (!pending) return;
    await writer.write(await pending.picture, pending.ticks);
    onFrame(writer.frames);
    pending = undefined;
  };
  for await (const { pixels, ticks, timeBase, begins, clockWentBack } of frames) {
    if (clockWentBack) writer.clockWentBack = true;
    if (begins) {
      await flush();
      upscaler.reset();
      await writer.begin(ticks, timeBase);
    }
    const picture = upscaler.upscale(pixels);
    // If the encoder fails first, this one is dropped; it must not count as unhandled.
    picture.catch(() => undefined);
    await flush();
    pending = { picture, ticks };
  }
  await flush();
}

/** One black frame: a container without any could not be read. Its note says that none of it is the film's. */
async function writePlaceholder(writer: FilmWriter, { width, height }: Size): Promise<void> {
  await writer.begin(0, { numerator: 1, denominator: 1000 });
  await writer.write({ width, height, data: new Uint8Array(width * height * 4).fill(0) }, 0);
}

function deinterlaceOf(options: UpscaleOptions, info: SourceInfo): DecodeOptions['deinterlace'] {
  if (options.deinterlace === 'on') return 'all';
  return options.deinterlace === 'auto' && info.interlaced ? 'marked' : 'none';
}

const isWhole = (chunk: Chunk | undefined): boolean => chunk === undefined || chunk.n === 1;

/**
 * Upscales a film, or one part of it.
 *
 * @returns the written file in `scratch` and what was done
 * @throws CommandError of each kind; the signal's reason.
 */
export async function convert(
  options: UpscaleOptions,
  extension: string,
  scratch: string,
  signal: AbortSignal,
): Promise<{ readonly written: string; readonly summary: string }> {
  const { chunk } = options;
  const info = await readSourceInfo(options.input);
  const hasSides = chunk === undefined || chunk.k === 1;
  const container = await Container.open(extension, info, scratch);
  const companions: Companions | undefined = hasSides ? await planCompanions(info, container) : undefined;
  const deinterlace = deinterlaceOf(options, info);
  const woven = {
    all: 'every frame is deinterlaced by bwdif',
    marked: 'interlaced: deinterlaced by bwdif (--deinterlace off leaves the fields woven)',
    none: info.interlaced ? 'interlaced: left woven, and written as progressive' : '',
  }[deinterlace];
  if (woven) console.error(woven);
  if (companions) say(companions);
  const gpu = await openNodeGpu();
  const upscaler = await NodeUpscaler.open(gpu, options);
  const size = { width: info.size.width * upscaler.scale, height: info.size.height * upscaler.scale };
  const grid = new CellGrid(info);
  const { k, n } = chunk ?? { k: 1, n: 1 };
  const writer = new FilmWriter({ scratch, info, size, crf: options.crf, reorders: container.keepsTimes });
  const bar = new Progress(Math.ceil(info.frames / n), process.stderr);
  try {
    await upscaler.prepare(info.size);
    const frames = framesOf(info, grid, grid.part(k, n), { signal, deinterlace });
    await pump(frames, upscaler, writer, (count) => bar.update(count));
    const done = writer.frames;
    if (writer.clockWentBack && !isWhole(chunk))
      throw new CommandError(
        'input-unreadable',
        `the clock of ${info.file} goes back in it: it can't be made in parts`,
      );
    const isEmpty = done === 0 && !isWhole(chunk);
    if (isEmpty) await writePlaceholder(writer, size);
    await writer.finish();
    const { firstUs, lastUs } = writer.spanUs;
    const settings = [options.tier, upscaler.precision, options.strength, options.crf, deinterlace];
    const note: PartNote | undefined = chunk && {
      k,
      n,
      film: filmName(info, settings),
      frames: done,
      firstUs,
      lastUs,
      timeBase: writer.timeBase,
      frameRate: info.frameRate,
    };
    // QuickTime's containers would keep the time of a later part's beginning in milliseconds alone: the note has it.
    const originUs = hasSides || container.isMatroska ? 0 : firstUs;
    const { language, title } = info.video.tags ?? {};
    const written = await mux(
      {
        pieces: writer.pieces(isEmpty ? firstUs : originUs),
        beside: companions && {
          file: info.file,
          shiftSeconds: -info.startSeconds,
          clockWentBack: writer.clockWentBack,
          companions,
        },
        container,
        scratch,
        timeBase: writer.timeBase,
        pictureTags: { ...(language ? { language } : {}), ...(title ? { title } : {}) },
        note: note && JSON.stringify(note),
        said: writer.messages,
      },
      {
        frames: writer.frames,
        spanSeconds: (lastUs - firstUs) / 1e6,
        frameSeconds: info.frameRate.denominator / info.frameRate.numerator,
      },
    );
    bar.end();
    const seconds = bar.elapsedSeconds;
    return {
      written,
      summary:
        `${done} frames, ${info.size.width}x${info.size.height} -> ${size.width}x${size.height}, ` +
        `${chunk ? `part ${k} of ${n}, ` : ''}` +
        `tier ${options.tier} ${upscaler.precision} on ${gpu.adapter}, ${clock(seconds)} (${(done / seconds).toFixed(1)} fps)`,
    };
  } catch (thrown) {
    bar.end();
    await writer.abort();
    throw thrown;
  } finally {
    upscaler.dispose();
    gpu.gpu.dispose();
  }
}
