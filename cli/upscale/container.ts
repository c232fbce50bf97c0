import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../command-error.js';
import { type Ending, probeJson, runTool } from './ffmpeg.js';
import type { ProbedFormat, ProbedStream } from './streams.js';

/** The streams of sound among others. */
const sounds = (streams: readonly ProbedStream[]): readonly ProbedStream[] =>
  streams.filter(({ codec_type }) => codec_type === 'audio');

/** What ffmpeg's writer of a container can hold of a file, found out by letting it write a moment of it. */
export class Container {
  /** With its dot, as ffmpeg chooses the container by it. */
  readonly extension: string;
  /** The names of the file's tags that it holds, in small letters. */
  readonly heldTags: ReadonlySet<string>;
  readonly #file: string;
  readonly #trial: string;
  /** All sound of the file was written as it is. */
  readonly #holdsAllSound: boolean;

  private constructor(options: {
    readonly extension: string;
    readonly heldTags: ReadonlySet<string>;
    readonly file: string;
    readonly trial: string;
    readonly holdsAllSound: boolean;
  }) {
    this.extension = options.extension;
    this.heldTags = options.heldTags;
    this.#file = options.file;
    this.#trial = options.trial;
    this.#holdsAllSound = options.holdsAllSound;
  }

  /**
   * @param file whose film, sound and tags are to go into it
   * @param streams of that file
   * @param scratch a folder that may be written to
   * @throws CommandError `output-failed`, with ffmpeg's reason, for one that doesn't exist or doesn't hold H.264
   */
  static async open(
    extension: string,
    { file, streams }: { readonly file: string; readonly streams: readonly ProbedStream[] },
    scratch: string,
  ): Promise<Container> {
    const folder = join(scratch, 'trial');
    await mkdir(folder);
    const trial = join(folder, `trial${extension}`);
    const copies = sounds(streams).flatMap(({ index }) => ['-map', `1:${index}`]);
    const tags = ['-map_metadata', '1'];
    let ending = await tryTo(trial, file, [...copies, '-c:a', 'copy', ...tags]);
    const holdsAllSound = ending.exitCode === 0;
    if (!holdsAllSound) ending = await tryTo(trial, file, tags);
    if (ending.exitCode !== 0)
      throw new CommandError(
        'output-failed',
        `ffmpeg can't write H.264 into '${extension}': ${ending.messages || `exit code ${ending.exitCode}`}`,
      );
    // A playlist, say: its name alone would be the user's.
    if ((await readdir(folder)).length !== 1)
      throw new CommandError('output-failed', `'${extension}' is written as several files; one is what is made here`);
    const { format } = (await probeJson(trial, ['-show_format'])) as { format?: ProbedFormat };
    const heldTags = new Set(Object.keys(format?.tags ?? {}).map((name) => name.toLowerCase()));
    return new Container({ extension, heldTags, file, trial, holdsAllSound });
  }

  get isMatroska(): boolean {
    return /^\.(mkv|mk3d)$/i.test(this.extension);
  }

  /** QuickTime's and MPEG's, which have much in common. */
  get isMov(): boolean {
    return /^\.(mp4|m4v|mov|3gp|3g2)$/i.test(this.extension);
  }

  /** Sound begins with the file in it, whenever it is to be heard. */
  get isAvi(): boolean {
    return /^\.avi$/i.test(this.extension);
  }

  /** It says when each packet is shown, and not only in which order they are decoded. */
  get keepsTimes(): boolean {
    return this.isMatroska || this.isMov || this.isTransport || /^\.(flv|f4v|nut)$/i.test(this.extension);
  }

  get isTransport(): boolean {
    return /^\.(ts|m2ts|mts)$/i.test(this.extension);
  }

  get holdsChapters(): boolean {
    return this.isMatroska || this.isMov;
  }

  /**
   * Whether sound is held.
   *
   * @param encoder undefined: as it is; '': by the encoder that ffmpeg takes for this container
   */
  async holdsSound({ index }: ProbedStream, encoder: string | undefined): Promise<boolean> {
    if (encoder === undefined && this.#holdsAllSound) return true;
    const codec = encoder === '' ? [] : ['-c:a', encoder ?? 'copy'];
    return (await tryTo(this.#trial, this.#file, ['-map', `1:${index}`, ...codec])).exitCode === 0;
  }

  /** Whether a picture beside the film is held, as such. */
  async holdsCover({ index }: ProbedStream): Promise<boolean> {
    const cover = ['-map', `1:${index}`, '-c:v:1', 'copy', '-frames:v:1', '1', '-disposition:v:1', 'attached_pic'];
    if ((await tryTo(this.#trial, this.#file, cover)).exitCode !== 0) return false;
    const { streams = [] } = (await probeJson(this.#trial, ['-show_streams'])) as { streams?: readonly ProbedStream[] };
    return streams.some(({ disposition }) => disposition?.attached_pic === 1);
  }
}

/** Writes two black frames of H.264 and the first moment of what is asked for. */
function tryTo(trial: string, file: string, args: readonly string[]): Promise<Ending> {
  const black = ['-f', 'lavfi', '-i', 'color=black:size=64x64:rate=10:duration=0.2'];
  const film = ['-map', '0:v:0', '-c:v:0', 'libx264', '-pix_fmt:v:0', 'yuv420p'];
  return runTool('ffmpeg', ['-nostdin', '-y', ...black, '-t', '0.5', '-i', file, ...film, ...args, trial]);
}
