// How the clock lies in a stamped frame: in black and white blocks, with its complement below it to tell a whole frame from a torn or missing
// one; twice, in the upper and in the lower half.

export const stampedSize = { width: 160, height: 90 } as const;
export const stampedRate = 10;

const stampBits = 24;
export const stampBlock = 6;
const stampLeft = 8;
const stampTop = { upper: 8, lower: 53 } as const;
/** Of the clock's row, and of its complement's. */
export const stampRowHeight = 12;

/** A block of a stamp: its place, pixels of a frame of `stampedSize`, and whether it is white. */
export interface StampBlock {
  readonly x: number;
  readonly y: number;
  readonly white: boolean;
}

/** Rows from the top, RGBA. */
interface StampedPicture {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
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

/** Reads the stamp in one half of a picture of the whole frame, whatever its size. Undefined: there is none to read. */
export function readStamp(picture: StampedPicture, half: keyof typeof stampTop): number | undefined {
  const { width, height, data } = picture;
  const level = (x: number, y: number): number => {
    const column = Math.floor((x / stampedSize.width) * width);
    const row = Math.floor((y / stampedSize.height) * height);
    return data[(row * width + column) * 4] ?? 0;
  };
  let stamp = 0;
  for (let bit = 0; bit < stampBits; bit++) {
    const x = stampLeft + (bit + 0.5) * stampBlock;
    const value = level(x, stampTop[half] + stampRowHeight / 2);
    const complement = level(x, stampTop[half] + (3 * stampRowHeight) / 2);
    if (Math.abs(value - complement) < 100) return undefined;
    if (value > complement) stamp |= 1 << bit;
  }
  return stamp;
}
