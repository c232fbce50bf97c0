/** How a film plays, known from how it was made. */
export interface FilmRow {
  readonly name: string;
  readonly start?: number;
  readonly duration: number;
  /** Pictures at 0 (or the start), 0.3, 1.04 and 1.75 s. */
  readonly stamps: readonly [number, number, number, number];
  /** What a `<video>` of Chromium does otherwise. */
  readonly video?: 'cannot' | 'no length' | 'other first' | 'other';
}

const whole = [0, 3, 10, 17] as const;
const second = [0, 2, 10, 17] as const;
const cut = [13, 16, 23, 30] as const;
const late = [0, 0, 5, 12] as const;
const bFrames = [0, 1, 8, 15] as const;

export const filmRows: readonly FilmRow[] = [
  { name: 'base.mp4', duration: 4, stamps: whole },
  { name: 'silent.mp4', duration: 4, stamps: whole },
  { name: 'base.mov', duration: 4, stamps: whole },
  { name: 'base.mkv', duration: 4.021, stamps: second },
  { name: 'base.webm', duration: 4.018, stamps: second },
  { name: 'cut.mp4', duration: 2.2, stamps: cut },
  { name: 'cut.mov', duration: 2.2, stamps: cut },
  { name: 'cut-silent.mp4', duration: 2.2, stamps: cut },
  { name: 'cut-between.mp4', duration: 2.07, stamps: [14, 17, 24, 31] },
  { name: 'cut.mkv', duration: 3.521, stamps: second },
  { name: 'cut.webm', duration: 3.3, stamps: whole },
  // Its length is guessed by Chromium, until it has played to the end.
  { name: 'cut-fragments.mp4', duration: 2.2, stamps: cut, video: 'no length' },
  { name: 'fragments.mp4', duration: 4.2, stamps: bFrames },
  { name: 'fragments-signed.mp4', duration: 4.021, stamps: whole },
  { name: 'signed.mp4', duration: 4, stamps: whole },
  { name: 'no-edits.mp4', duration: 4.2, stamps: bFrames },
  { name: 'sound-late.mp4', duration: 4.499, stamps: whole },
  { name: 'sound-early.mp4', duration: 4, stamps: whole },
  { name: 'picture-late.mp4', duration: 4.5, stamps: late },
  { name: 'picture-late.mkv', duration: 4.521, stamps: late },
  { name: 'both-late.mp4', start: 0.478, duration: 4.5, stamps: late, video: 'no length' },
  { name: 'both-late.mkv', start: 0.479, duration: 4.5, stamps: late },
  { name: 'silent-late.webm', start: 0.507, duration: 4.507, stamps: late },
  { name: 'sound-short.mp4', duration: 4, stamps: whole },
  { name: 'picture-short.mp4', duration: 4, stamps: whole },
  { name: 'negative.mp4', duration: 3.45, stamps: [6, 9, 16, 23] },
  // Chromium shows nothing before the first key frame at or behind 0.
  { name: 'negative.mkv', duration: 3.45, stamps: [6, 8, 15, 23], video: 'other' },
  { name: 'without-length.webm', duration: 4.014, stamps: second, video: 'no length' },
  { name: 'variable.mp4', duration: 3.967, stamps: [0, 9, 30, 51] },
  { name: 'turned.mp4', duration: 2.2, stamps: cut },
  // Its length grows by what Chromium decodes and does not show.
  { name: 'edit-two.mp4', duration: 2, stamps: [5, 8, 25, 32], video: 'no length' },
  { name: 'edit-back.mp4', duration: 2, stamps: [25, 28, 5, 12], video: 'no length' },
  // Chromium shows a part once that is to be shown twice.
  { name: 'edit-twice.mp4', duration: 2, stamps: [10, 13, 10, 17], video: 'other' },
  { name: 'edit-gap.mp4', start: 0.5, duration: 3, stamps: [5, 5, 10, 25], video: 'no length' },
  { name: 'edit-end.mp4', duration: 1.5, stamps: [0, 3, 10, 14], video: 'no length' },
  { name: 'edit-between.mp4', duration: 1.5, stamps: [11, 14, 21, 25], video: 'no length' },
  // Chromium shows one frame of it.
  { name: 'edit-open.mp4', duration: 3, stamps: [10, 13, 20, 27], video: 'other' },
  { name: 'edit-both.mp4', duration: 2, stamps: [5, 8, 25, 32], video: 'other first' },
  // Transport streams count from 1.4 s here; what comes first is 0, as players of HLS have it.
  { name: 'base.m2t', duration: 4.032, stamps: second, video: 'cannot' },
  { name: 'cut.m2t', duration: 3.521, stamps: second, video: 'cannot' },
];
