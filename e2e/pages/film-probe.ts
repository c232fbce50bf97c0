import type { FileSource } from '../../plugin/index.js';

// How a file is played: what shows where, by the numbers in its pictures (e2e/film-files.ts).

/** What is looked at: a source of ours, or a `<video>`. */
export interface Played {
  /** Seconds, the position before anything was sought. */
  readonly start: number;
  readonly duration: number;
  readonly first: number;
  /** By each position that was sought: where it came to be, and the picture there. */
  readonly sought: readonly (readonly [currentTime: number, stamp: number])[];
  /** While it played: pictures, and their times, seconds. */
  readonly played: readonly (readonly [timeSeconds: number, stamp: number])[];
}

const canvas = new OffscreenCanvas(64, 32);
const context = canvas.getContext('2d', { willReadFrequently: true });

/** The number in a picture; one turned by a quarter has its columns as rows, from below. */
export function readStamp(picture: HTMLVideoElement | VideoFrame): number {
  if (!context) throw new Error('no 2D context');
  const [width, height] =
    picture instanceof HTMLVideoElement
      ? [picture.videoWidth, picture.videoHeight]
      : [picture.displayWidth, picture.displayHeight];
  canvas.width = width;
  canvas.height = height;
  context.drawImage(picture, 0, 0, width, height);
  let stamp = 0;
  for (let bit = 0; bit < 8; bit++) {
    const [x, y] = height > width ? [width / 2, height - 4 - 8 * bit] : [4 + 8 * bit, height / 2];
    if ((context.getImageData(x, y, 1, 1).data[0] ?? 0) > 128) stamp |= 1 << bit;
  }
  return stamp;
}

export const eventOf = (target: EventTarget, type: string): Promise<Event> =>
  new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

/** What a source gives is looked at as it comes. */
export async function playSource(source: FileSource, positions: readonly number[]): Promise<Played> {
  const start = source.currentTime;
  let shown = -1;
  const played: [number, number][] = [];
  source.start({
    frame: (frame, { timestampUs }) => {
      shown = readStamp(frame);
      if (!source.paused) played.push([timestampUs / 1e6, shown]);
    },
    trouble: (error) => {
      throw error;
    },
    reset: () => {},
  });
  await eventOf(source, 'seeked');
  const first = shown;
  const sought: [number, number][] = [];
  for (const position of positions) {
    const done = eventOf(source, 'seeked');
    source.currentTime = position;
    await done;
    sought.push([source.currentTime, shown]);
  }
  const { duration } = source;
  source.muted = true;
  source.currentTime = Math.max(start, 0.6);
  await eventOf(source, 'seeked');
  source.play();
  while (played.length < 4 && !source.ended) await new Promise(requestAnimationFrame);
  source.close();
  return { start, duration, first, sought, played };
}

/** Settled: what a `<video>` shows comes a little after it says that it has sought. */
const settled = (video: HTMLVideoElement): Promise<unknown> =>
  Promise.race([
    new Promise((resolve) => video.requestVideoFrameCallback(resolve)),
    new Promise((resolve) => setTimeout(resolve, 150)),
  ]);

export async function playVideo(video: HTMLVideoElement, url: string, positions: readonly number[]): Promise<Played> {
  video.src = url;
  await eventOf(video, 'loadeddata');
  await settled(video);
  const { currentTime: start, duration } = video;
  const first = readStamp(video);
  const sought: [number, number][] = [];
  for (const position of positions) {
    const done = eventOf(video, 'seeked');
    const shows = settled(video);
    video.currentTime = position;
    await done;
    await shows;
    sought.push([video.currentTime, readStamp(video)]);
  }
  const played: [number, number][] = [];
  const look = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
    played.push([mediaTime, readStamp(video)]);
    video.requestVideoFrameCallback(look);
  };
  const done = eventOf(video, 'seeked');
  video.currentTime = Math.max(start, 0.6);
  await done;
  video.requestVideoFrameCallback(look);
  await video.play();
  while (played.length < 5 && !video.ended) await new Promise(requestAnimationFrame);
  video.pause();
  video.removeAttribute('src');
  video.load();
  return { start, duration, first, sought, played };
}
