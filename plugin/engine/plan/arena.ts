// Where intermediate values live. WebGPU tracks usage per whole buffer within a dispatch (§3.4.5 usage scopes), so a dispatch must
// never write a buffer it reads: values get a colour (one buffer each) beside an offset. Chains need two colours, `x + f(x)` three.

export interface Lifetime {
  readonly id: number;
  readonly sizeBytes: number;
  /** Step that writes it. */
  readonly firstStep: number;
  /** Last step that reads it. */
  readonly lastStep: number;
  /** Values read by the step that writes it: their colours are forbidden. */
  readonly readBeside: readonly number[];
}

export interface Slot {
  readonly color: number;
  readonly offsetBytes: number;
}

export interface Arena {
  readonly placements: ReadonlyMap<number, Slot>;
  /** Size of each colour's buffer. */
  readonly bufferBytes: readonly number[];
}

interface Placed extends Slot {
  readonly life: Lifetime;
}

const overlaps = (a: Lifetime, b: Lifetime): boolean => a.firstStep <= b.lastStep && b.firstStep <= a.lastStep;

/** The lowest gap in one colour that holds `life` while everything alive beside it stays put. */
function lowestOffset(life: Lifetime, placed: readonly Placed[]): number {
  const beside = placed.filter((other) => overlaps(other.life, life)).sort((a, b) => a.offsetBytes - b.offsetBytes);
  let offset = 0;
  for (const other of beside) {
    if (offset + life.sizeBytes <= other.offsetBytes) break;
    offset = Math.max(offset, other.offsetBytes + other.life.sizeBytes);
  }
  return offset;
}

/**
 * Places values in the order they are written, each where its colour grows least.
 *
 * @param alignmentBytes `minStorageBufferOffsetAlignment`; sizes are rounded up to it.
 */
export function placeValues(lives: readonly Lifetime[], alignmentBytes: number): Arena {
  const placements = new Map<number, Slot>();
  const colors: Placed[][] = [];
  const bufferBytes: number[] = [];
  for (const raw of lives) {
    const life = {
      ...raw,
      sizeBytes: Math.ceil(raw.sizeBytes / alignmentBytes) * alignmentBytes,
    };
    const forbidden = new Set(life.readBeside.map((id) => placements.get(id)?.color));
    let best = { color: colors.length, offsetBytes: 0, growth: life.sizeBytes };
    colors.forEach((placed, color) => {
      if (forbidden.has(color)) return;
      const offsetBytes = lowestOffset(life, placed);
      const growth = Math.max(0, offsetBytes + life.sizeBytes - (bufferBytes[color] ?? 0));
      if (growth < best.growth || (growth === best.growth && best.color === colors.length))
        best = { color, offsetBytes, growth };
    });
    const { color, offsetBytes } = best;
    const column = colors[color] ?? [];
    colors[color] = column;
    column.push({ color, offsetBytes, life });
    bufferBytes[color] = Math.max(bufferBytes[color] ?? 0, offsetBytes + life.sizeBytes);
    placements.set(life.id, { color, offsetBytes });
  }
  return { placements, bufferBytes };
}
