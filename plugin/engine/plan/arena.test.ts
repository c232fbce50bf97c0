import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Arena, type Lifetime, placeValues } from './arena.js';

const alignmentBytes = 256;

/** What a step reads: values by the number of the step that wrote them. Step i writes value i. */
type Steps = readonly { readonly reads: readonly number[]; readonly sizeBytes: number }[];

function livesOf(steps: Steps): readonly Lifetime[] {
  return steps.map(({ reads, sizeBytes }, id) => {
    const readers = steps.flatMap((step, at) => (step.reads.includes(id) ? [at] : []));
    return { id, sizeBytes, firstStep: id, lastStep: Math.max(id, ...readers), readBeside: reads };
  });
}

const place = (arena: Arena, id: number) => {
  const found = arena.placements.get(id);
  if (!found) throw new Error(`value ${id} has no place`);
  return found;
};

const chain = (length: number): Steps =>
  Array.from({ length }, (_, i) => ({ reads: i === 0 ? [] : [i - 1], sizeBytes: 1_000 }));

describe('colours', () => {
  test.each([2, 3, 10])('a chain of %d needs two, and no more memory than two values', (length) => {
    expect(placeValues(livesOf(chain(length)), alignmentBytes).bufferBytes).toEqual([1_024, 1_024]);
  });

  test('one value needs one', () => {
    expect(placeValues(livesOf(chain(1)), alignmentBytes).bufferBytes).toEqual([1_024]);
  });

  test('x + f(x) needs three', () => {
    const steps: Steps = [
      { reads: [], sizeBytes: 1_000 },
      { reads: [0], sizeBytes: 1_000 },
      { reads: [0, 1], sizeBytes: 1_000 },
    ];
    expect(placeValues(livesOf(steps), alignmentBytes).bufferBytes).toEqual([1_024, 1_024, 1_024]);
  });

  test('a long skip lets the steps beneath it reuse two others', () => {
    const inner = chain(6);
    const steps = [...inner, { reads: [0, inner.length - 1], sizeBytes: 1_000 }];
    expect(placeValues(livesOf(steps), alignmentBytes).bufferBytes).toHaveLength(3);
  });
});

describe('whatever the graph', () => {
  /** Steps that read up to three earlier values, near ones more often than far ones. */
  const graphs = fc
    .array(
      fc.record({
        back: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
        sizeBytes: fc.integer({ min: 1, max: 5_000 }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map(
      (raw): Steps =>
        raw.map(({ back, sizeBytes }, i) => ({
          sizeBytes,
          reads: [...new Set(back.map((n) => i - n).filter((id) => id >= 0))],
        })),
    );

  const check = (property: (lives: readonly Lifetime[], arena: Arena) => void): void => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(16, 64, 256), (steps, alignment) => {
        const lives = livesOf(steps);
        property(lives, placeValues(lives, alignment));
      }),
      { numRuns: 500, seed: 5 },
    );
  };

  test('two values alive at once share no byte', () => {
    check((lives, arena) => {
      for (const a of lives)
        for (const b of lives) {
          if (a.id >= b.id || a.lastStep < b.firstStep || b.lastStep < a.firstStep) continue;
          const [at, bt] = [place(arena, a.id), place(arena, b.id)];
          const apart =
            at.color !== bt.color ||
            at.offsetBytes + a.sizeBytes <= bt.offsetBytes ||
            bt.offsetBytes + b.sizeBytes <= at.offsetBytes;
          expect(apart, `${a.id} and ${b.id}`).toBe(true);
        }
    });
  });

  test('a step never writes a buffer that it reads', () => {
    check((lives, arena) => {
      for (const life of lives)
        for (const read of life.readBeside) expect(place(arena, life.id).color).not.toBe(place(arena, read).color);
    });
  });

  test('offsets are aligned and lie within their buffer, and no buffer is larger than what it holds in all', () => {
    fc.assert(
      fc.property(graphs, (steps) => {
        const lives = livesOf(steps);
        const arena = placeValues(lives, alignmentBytes);
        const rounded = (bytes: number): number => Math.ceil(bytes / alignmentBytes) * alignmentBytes;
        for (const { id, sizeBytes } of lives) {
          const { color, offsetBytes } = place(arena, id);
          expect(offsetBytes % alignmentBytes).toBe(0);
          expect(offsetBytes + sizeBytes).toBeLessThanOrEqual(arena.bufferBytes[color] ?? 0);
        }
        const held = (color: number): number =>
          lives.reduce(
            (sum, { id, sizeBytes }) => sum + (place(arena, id).color === color ? rounded(sizeBytes) : 0),
            0,
          );
        arena.bufferBytes.forEach((bytes, color) => {
          expect(bytes).toBeLessThanOrEqual(held(color));
        });
      }),
      { numRuns: 500, seed: 6 },
    );
  });
});
