// How the clock lies in a stamped frame: in black and white blocks, with its complement below it to tell a whole frame from a torn or missing
// one; twice, in the upper and in the lower half.

export const stampedSize = { width: 160, height: 90 } as const;
export const stampedRate = 10;

export const stampBits = 24;
export const stampBlock = 6;
export const stampLeft = 8;
export const stampTop = { upper: 8, lower: 53 } as const;
/** Of the clock's row, and of its complement's. */
export const stampRowHeight = 12;

/** A block of a stamp: its place, pixels of a frame of `stampedSize`, and whether it is white. */
export interface StampBlock {
  readonly x: number;
  readonly y: number;
  readonly white: boolean;
}

/** All blocks of a clock's value, milliseconds. */
export function stampBlocks(stampMs: number): StampBlock[] {
  return Object.values(stampTop).flatMap((top) =>
    Array.from({ length: stampBits }, (_, bit) => bit).flatMap((bit) => {
      const set = ((stampMs >> bit) & 1) === 1;
      const x = stampLeft + bit * stampBlock;
      return [
        { x, y: top, white: set },
        { x, y: top + stampRowHeight, white: !set },
      ];
    }),
  );
}
