/**
 * `vitreous/mediabunny`: plays files without a `<video>`, demuxed by the optional peer `mediabunny` and decoded by WebCodecs.
 *
 * ```ts
 * import { enhance } from 'vitreous';
 * import { openFile } from 'vitreous/mediabunny';
 * const source = await openFile(file);
 * const enhanced = await enhance(source, { canvas });
 * source.play();
 * ```
 *
 * @module
 */
import { ALL_FORMATS, BlobSource, Input, type InputAudioTrack, type InputVideoTrack, UrlSource } from 'mediabunny';
import { type FileSound, FileSource, type FrameReader, VitreousError } from '../index.js';
import { type Film, readFilm } from './mediabunny/film.js';
import { PictureFrames } from './mediabunny/picture-frames.js';
import { Sound } from './mediabunny/sound.js';
import { SoundChunks } from './mediabunny/sound-chunks.js';

/** What `openFile` takes beside the file. */
export interface OpenFileOptions {
  /** Ends opening with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Plays the sound. It is borrowed: neither closed nor suspended. Default: one of the source's own, with the file's sampling rate. */
  readonly audioContext?: AudioContext | undefined;
  /** Where the sound goes, in whose context it plays; borrowed. Default: the context's destination. */
  readonly audioDestination?: AudioNode | undefined;
}

function unusable(found: string, expected: string, cause?: unknown): VitreousError {
  return new VitreousError({
    code: 'source-format',
    stage: 'source',
    found,
    expected,
    fix: 'Use a file with a video track in a codec that this browser decodes.',
    cause,
  });
}

/** Neither: the file has no sound. */
interface OpenedSound {
  readonly sound?: FileSound;
  readonly error?: VitreousError;
}

async function openSound(track: InputAudioTrack, film: Film, options: OpenFileOptions): Promise<OpenedSound> {
  if (!(await track.canDecode())) {
    const codec = (await track.getCodecParameterString()) ?? (await track.getCodec()) ?? 'unknown';
    return {
      error: new VitreousError({
        code: 'source-format',
        stage: 'source',
        found: `sound in codec ${codec}`,
        expected: 'a codec that this browser decodes',
        fix: 'The picture plays without sound; encode the sound as AAC or Opus.',
      }),
    };
  }
  const target = {
    destination: options.audioDestination,
    context: options.audioContext,
    sampleRate: await track.getSampleRate(),
  };
  return { sound: new Sound(new SoundChunks(track, film.soundSpans), target) };
}

class MediabunnyReader implements FrameReader {
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly sound: FileSound | undefined;
  readonly soundError: VitreousError | undefined;
  readonly #input: Input;
  readonly #frames: PictureFrames;

  constructor(input: Input, frames: PictureFrames, film: Film, { sound, error }: OpenedSound) {
    this.#input = input;
    this.#frames = frames;
    this.startSeconds = film.startSeconds;
    this.durationSeconds = film.endSeconds;
    this.sound = sound;
    this.soundError = error;
  }

  frames(fromSeconds: number): AsyncGenerator<VideoFrame, void, unknown> {
    return this.#frames.from(fromSeconds);
  }

  close(): void {
    this.sound?.close();
    this.#input.dispose();
  }
}

/**
 * Opens a file or URL for playing. Nothing is decoded before `enhance`.
 *
 * @throws VitreousError `source-format`: no such container, no video track, or a codec this browser does not decode; the signal's
 * reason.
 */
export async function openFile(file: Blob | string | URL, options: OpenFileOptions = {}): Promise<FileSource> {
  options.signal?.throwIfAborted();
  const source = file instanceof Blob ? new BlobSource(file) : new UrlSource(String(file));
  const input = new Input({ source, formats: ALL_FORMATS });
  try {
    const track = await readTrack(input);
    const sound = (await input.getPrimaryAudioTrack()) ?? undefined;
    const film = await readFilm(input, file, track, sound, options.signal);
    const heard = sound ? await openSound(sound, film, options) : {};
    options.signal?.throwIfAborted();
    return new FileSource(new MediabunnyReader(input, new PictureFrames(track, film.pictureSpans), film, heard));
  } catch (thrown) {
    input.dispose();
    throw thrown;
  }
}

async function readTrack(input: Input): Promise<InputVideoTrack> {
  let track: InputVideoTrack | null;
  try {
    track = await input.getPrimaryVideoTrack();
  } catch (cause) {
    throw unusable(
      `no readable container: ${String(cause)}`,
      'MP4, WebM, MOV, MPEG-TS or another known container',
      cause,
    );
  }
  if (!track) throw unusable('no video track', 'a video track');
  if (!(await track.canDecode())) {
    const codec = (await track.getCodecParameterString()) ?? (await track.getCodec()) ?? 'unknown';
    throw unusable(`codec ${codec}`, 'a codec that this browser decodes');
  }
  return track;
}
