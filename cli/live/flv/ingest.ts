import { configurationWithin, wholeUnits } from '../avc.js';
import type { LiveStream } from '../live-stream.js';
import type { Packager } from '../packager.js';
import { Timeline } from '../timeline.js';
import { type FlvTag, flvHeader, flvTag } from './container.js';
import { type Media, readAudio, readVideo } from './media.js';

/** Sound may begin a little after the picture; what has none by then has none, until it comes. */
const soundAfterMs = 700;
/** Sound that was there and does not come any more is gone. */
const soundGoneMs = 2500;
/** A stretch is so long at least: each takes a process. */
const shortestStretchMs = 1000;
/** Kept until it is clear what is in the stream. */
const mostHeldBytes = 8 * 1024 * 1024;
/** Who publishes hears after so long why nothing shows. */
const pictureWithinMs = 10_000;
/** ffmpeg gives something after so much time of the picture, or it never will. */
const givesWithinMs = 5000;
/** ffmpeg may end unasked so often in a row. */
const mostFailures = 3;
/** One that has lasted so long was no failure of the media's beginning. */
const goodStretchMs = 10_000;
const avcHeaderBytes = 5;

/** A codec and its configuration: media of another one do not follow. */
interface Track {
  readonly codec: string;
  /** The whole tag's body; undefined: the codec needs none. */
  readonly config: Buffer | undefined;
  /** Equal where media follow. */
  readonly key: string;
}

/** What one packager has been told of. */
interface Stretch {
  readonly packager: Packager;
  readonly video: Track;
  readonly audio: Track | undefined;
  readonly timeline: Timeline;
}

export interface FlvIngestEvents {
  /** It has ended: `problem` is empty where the source just went. */
  readonly onEnd: (problem: string) => void;
  /** Something that who publishes should know. */
  readonly tell: (words: string) => void;
}

/**
 * Gives what comes as tags of FLV, from RTMP publishers and cameras, to a stream. Whatever changes (the parameter sets, the codec, the sound, the
 * time) begins another stretch at the next key frame: a discontinuity with its own init segment.
 */
export class FlvIngest {
  onRoom: (() => void) | undefined;
  readonly #stream: LiveStream;
  readonly #events: FlvIngestEvents;
  readonly #late: ReturnType<typeof setTimeout>;
  #video: Track | undefined;
  #audio: Track | undefined;
  /** Sound comes, not its configuration alone. */
  #sounds = false;
  #stretch: Stretch | undefined;
  /** The next stretch: from its key frame on, until it is clear what it has. */
  #next: { readonly video: Track; readonly tags: FlvTag[]; bytes: number } | undefined;
  #wait: ReturnType<typeof setTimeout> | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #sawVideo = false;
  /** They come, and none has been shown since. */
  #pictures = false;
  #strangeSound = false;
  /** Sound that ffmpeg cannot read, by its key: it must not take the picture with it. */
  #unreadable: string | undefined;
  /** The source has gone; how. */
  #gone: string | undefined;
  #ended = false;

  constructor(stream: LiveStream, events: FlvIngestEvents) {
    this.#stream = stream;
    this.#events = events;
    this.#late = setTimeout(() => this.#onLate(), pictureWithinMs);
  }

  /** False: wait for `onRoom`. */
  tag(type: 8 | 9, timestampMs: number, body: Buffer): boolean {
    if (this.#ended || this.#gone !== undefined) return true;
    return type === 9 ? this.#onVideo(readVideo(body), timestampMs) : this.#onAudio(readAudio(body), timestampMs);
  }

  #onVideo(media: Media, timestampMs: number): boolean {
    if (media.kind === 'nothing') return true;
    this.#sawVideo = true;
    this.#pictures = true;
    if (media.kind === 'unsupported') {
      this.#finish(`its video is '${media.codec}': set the encoder to H.264 (AVC)`);
      return true;
    }
    if (media.kind === 'config') {
      this.#video = track(media.codec, media.config, media.body);
      return true;
    }
    this.#lookInto(media);
    const video = this.#video;
    // Without its configuration nobody can read it.
    if (video?.codec !== media.codec) return true;
    const whole = wholePicture(media.body, video);
    if (!whole) return true;
    const tag: FlvTag = { type: 9, timestampMs, body: whole };
    if (media.key && this.#changes(video)) this.#hold(video);
    if (this.#next) return this.#keep(this.#next, tag);
    if (this.#stretch?.video.key !== video.key) return true;
    this.#shows();
    return give(this.#stretch, tag);
  }

  /** Some codecs have no configuration; H.264 may bring another one within a key frame. */
  #lookInto({ codec, key, body }: { readonly codec: string; readonly key: boolean; readonly body: Buffer }): void {
    if (codec !== 'h264') {
      if (this.#video?.codec !== codec) this.#video = track(codec, Buffer.alloc(0));
      return;
    }
    const known = this.#video?.codec === codec ? this.#video.config?.subarray(avcHeaderBytes) : undefined;
    const config = key ? configurationWithin(body.subarray(avcHeaderBytes), known) : undefined;
    if (config) this.#video = track(codec, config, Buffer.concat([avcConfigHeader, config]));
  }

  #onAudio(media: Media, timestampMs: number): boolean {
    if (media.kind === 'nothing') return true;
    if (media.kind === 'unsupported') {
      this.#leaveOut(media.codec);
      return true;
    }
    if (media.kind === 'config') {
      this.#audio = track(media.codec, media.config, media.body);
      return true;
    }
    // The first byte has codec, rate and channels.
    if (media.codec !== 'aac') this.#audio = track(media.codec, media.body.subarray(0, 1));
    if (this.#audio?.codec !== media.codec) {
      this.#leaveOut('AAC without its configuration');
      return true;
    }
    const tag: FlvTag = { type: 8, timestampMs, body: media.body };
    if (!this.#sounds) {
      this.#sounds = true;
      // What the next stretch was waiting for.
      if (this.#next) this.#schedule();
    }
    if (this.#next) return this.#keep(this.#next, tag);
    // Sound that the stretch was not told of waits for the next one.
    if (!this.#stretch?.audio || this.#stretch.audio.key !== this.#audio.key) return true;
    return give(this.#stretch, tag);
  }

  #leaveOut(sound: string): void {
    if (!this.#strangeSound) this.#events.tell(`its sound is '${sound}' and left out: set the encoder to AAC`);
    this.#strangeSound = true;
  }

  /** Whether a key frame must begin another stretch. */
  #changes(video: Track): boolean {
    if (this.#next) return this.#next.video.key !== video.key;
    const stretch = this.#stretch;
    if (!stretch || stretch.video.key !== video.key || stretch.timeline.jumped) return true;
    if (stretch.audio && this.#holdsUp(stretch)) this.#mute(stretch.audio);
    if (stretch.audio && stretch.timeline.silentMs > soundGoneMs) this.#sounds = false;
    return stretch.audio?.key !== this.#sound?.key;
  }

  get #sound(): Track | undefined {
    return this.#sounds && this.#audio?.key !== this.#unreadable ? this.#audio : undefined;
  }

  /** Nothing comes out: ffmpeg waits for sound that it can read. A slow machine alone is given its time. */
  #holdsUp({ packager, timeline }: Stretch): boolean {
    const passedMs = Math.min(timeline.lengthMs, performance.now() - this.#startedMs);
    return !packager.gave && passedMs > givesWithinMs;
  }

  #mute({ codec, key }: Track): void {
    this.#unreadable = key;
    this.#events.tell(`its sound ('${codec}') cannot be read and is left out: set the encoder to AAC`);
  }

  #hold(video: Track): void {
    this.#next = { video, tags: [], bytes: 0 };
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#wait);
    const sinceMs = performance.now() - this.#startedMs;
    const first = sinceMs === Number.POSITIVE_INFINITY;
    const waitMs = first && !this.#sounds ? soundAfterMs : shortestStretchMs - sinceMs;
    if (waitMs > 0) this.#wait = setTimeout(() => this.#start(), waitMs);
    // Not before the key frame itself is held.
    else queueMicrotask(() => this.#start());
  }

  #keep(next: { tags: FlvTag[]; bytes: number }, tag: FlvTag): boolean {
    next.tags.push(tag);
    next.bytes += tag.body.length;
    if (next.bytes > mostHeldBytes) this.#start();
    return true;
  }

  #start(): void {
    clearTimeout(this.#wait);
    const next = this.#next;
    if (!next || this.#ended) return;
    this.#shows();
    this.#next = undefined;
    this.#startedMs = performance.now();
    const audio = this.#sound;
    const packager = this.#stream.start(
      'flv',
      { video: next.video.codec, audio: audio?.codec },
      { onEnd: (words) => this.#onPackagerEnd(words), tell: this.#events.tell },
    );
    packager.onRoom = () => this.onRoom?.();
    const stretch = { packager, video: next.video, audio, timeline: new Timeline() };
    // The former one's room will not be told of any more.
    this.#stretch = stretch;
    this.onRoom?.();
    packager.write(flvHeader(audio !== undefined));
    if (next.video.config) packager.write(flvTag({ type: 9, timestampMs: 0, body: next.video.config }));
    if (audio?.config) packager.write(flvTag({ type: 8, timestampMs: 0, body: audio.config }));
    for (const tag of next.tags) if (tag.type === 9 || audio) give(stretch, tag);
  }

  /** Without being replaced. */
  #onPackagerEnd(words: string): void {
    const audio = this.#stretch?.audio;
    this.#stretch = undefined;
    if (this.#gone !== undefined) {
      this.#finish(this.#gone);
      return;
    }
    if (performance.now() - this.#startedMs > goodStretchMs) this.#failures = 0;
    const said = words || 'it said nothing';
    if (++this.#failures >= mostFailures) this.#finish(`ffmpeg cannot read it: ${said}`);
    else {
      this.#events.tell(`ffmpeg ended (${said}); it begins anew with the next key frame`);
      // It may have been the sound.
      if (audio && this.#failures === mostFailures - 1) this.#mute(audio);
    }
    this.onRoom?.();
  }

  #onLate(): void {
    const seconds = pictureWithinMs / 1000;
    if (this.#gone !== undefined) return;
    if (!this.#sawVideo) {
      this.#finish(`it sent no video within ${seconds} s`);
      return;
    }
    if (!this.#pictures) this.#events.tell(`it has sent no picture for ${seconds} s`);
    else
      this.#events.tell(
        `no key frame (with its sequence header) came within ${seconds} s, and nothing shows before one: set the encoder to a key frame a second`,
      );
    this.#pictures = false;
  }

  /** What comes is shown: it is looked again after a while without. */
  #shows(): void {
    this.#pictures = false;
    this.#late.refresh();
  }

  /** The source has gone; `how` is for the log. Idempotent. */
  end(how: string): void {
    if (this.#gone !== undefined || this.#ended) return;
    if (this.#next) this.#start();
    this.#gone = how;
    clearTimeout(this.#late);
    if (this.#stretch) this.#stretch.packager.end();
    else this.#finish(how);
  }

  #finish(problem: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#late);
    clearTimeout(this.#wait);
    this.#next = undefined;
    this.#stretch?.packager.end();
    this.#events.onEnd(problem);
  }
}

const avcConfigHeader = Buffer.from([0x17, 0, 0, 0, 0]);

/** @param signature equal where media follow @param config the whole tag's body, where the codec needs one */
function track(codec: string, signature: Buffer, config?: Buffer): Track {
  return { codec, config, key: `${codec} ${signature.toString('base64')}` };
}

/** On the stretch's own clock. False: wait for room. */
function give({ packager, timeline }: Stretch, tag: FlvTag): boolean {
  const timestampMs = tag.type === 9 ? timeline.video(tag.timestampMs) : timeline.audio(tag.timestampMs);
  return timestampMs === undefined || packager.write(flvTag({ ...tag, timestampMs }));
}

/** As ffmpeg can take it; undefined: there is nothing in it. */
function wholePicture(body: Buffer, { codec, config }: Track): Buffer | undefined {
  if (codec !== 'h264' || !config) return body;
  const picture = body.subarray(avcHeaderBytes);
  const whole = wholeUnits(picture, config.subarray(avcHeaderBytes));
  if (whole === picture) return body;
  return whole && Buffer.concat([body.subarray(0, avcHeaderBytes), whole]);
}
