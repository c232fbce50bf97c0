import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ALL_FORMATS, BlobSource, EncodedPacketSink, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import { film } from '../../../e2e/film-files.js';
import { filmRows } from '../../../e2e/films.js';
import { readFilm } from './film.js';
import type { Span } from './track-times.js';

/** Times of the frames in the film, in the order in which they are shown, and the numbers of their pictures. */
function framesOf(times: readonly number[], spans: readonly Span[]): [timeSeconds: number, index: number][] {
  return spans.flatMap(({ startSeconds, endSeconds, offsetSeconds }) =>
    times.flatMap((time, index): [number, number][] => {
      const shown = time - offsetSeconds;
      return shown >= startSeconds - 1e-5 && shown < endSeconds - 1e-5 ? [[shown, index]] : [];
    }),
  );
}

test('the times of a film are those of its container', { timeout: 120_000 }, async () => {
  for (const { name, start = 0, duration, stamps } of filmRows) {
    const path = fileURLToPath(new URL(`../../..${await film(name)}`, import.meta.url));
    const file = new Blob([readFileSync(path)]);
    const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
    const picture = await input.getPrimaryVideoTrack();
    if (!picture) throw new Error(`${name}: no picture`);
    const sound = (await input.getPrimaryAudioTrack()) ?? undefined;
    const read = await readFilm(input, file, picture, sound, undefined);
    const times: number[] = [];
    for await (const { timestamp } of new EncodedPacketSink(picture).packets(undefined, undefined, {
      metadataOnly: true,
    }))
      times.push(timestamp);
    input.dispose();
    const frames = framesOf(
      times.sort((a, b) => a - b),
      read.pictureSpans,
    );
    const at = (seconds: number) => (frames.findLast(([time]) => time <= seconds) ?? frames[0])?.[1];
    expect
      .soft({ start: read.startSeconds, end: read.endSeconds }, name)
      .toEqual({ start: expect.closeTo(start, 2), end: expect.closeTo(duration, 2) });
    // Its pictures are not numbered in turn, frames were left out.
    if (name === 'variable.mp4') continue;
    // Sought in a gap, what comes next is shown, and not what was before.
    const sure = name === 'edit-gap.mp4' ? 3 : 4;
    expect.soft([0, 0.3, 1.04, 1.75].map(at).slice(0, sure), name).toEqual(stamps.slice(0, sure));
  }
});
