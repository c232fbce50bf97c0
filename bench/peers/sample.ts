import type { Picture } from './metrics.js';

/** How a frame was treated before it is upscaled: halved only, or halved and encoded by x264 at a rate factor. */
export const conditions = ['clean', 'crf23', 'crf28', 'crf33'] as const;
export type Condition = (typeof conditions)[number];

/** Kinds of frames, whose figures are kept apart. */
export const groups = ['photographs', 'clips'] as const;
export type Group = (typeof groups)[number];

/** One frame to be judged on. */
export interface Sample {
  readonly group: Group;
  readonly name: string;
  /** The true picture; even width and height. */
  readonly high: Picture;
  /** Half its width and height, one a condition. */
  readonly low: Readonly<Record<Condition, Picture>>;
}

/** A record with a value for each condition. */
export async function perCondition<T>(value: (condition: Condition) => Promise<T> | T): Promise<Record<Condition, T>> {
  const [clean, crf23, crf28, crf33] = [
    await value('clean'),
    await value('crf23'),
    await value('crf28'),
    await value('crf33'),
  ];
  return { clean, crf23, crf28, crf33 };
}
