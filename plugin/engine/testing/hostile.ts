import fc from 'fast-check';

/** Values that a file's author would not write, each of which has broken some reader of files. */
const nasty: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  '__proto__',
  '../../etc/passwd',
  'x'.repeat(10_000),
  '\u0000\ud800<img src=x onerror=alert(1)>',
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  Array.from({ length: 1000 }, (_, i) => i),
];

/** The paths of all places in a JSON value, outermost first. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  // Of long lists a few places stand for the others.
  const entries = Object.entries(value).filter((_, i) => i < 24);
  return [path, ...entries.flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

/** A copy of a JSON value with another value at a path; `undefined` takes the place away. */
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  const inner = replaced((value as Record<string, unknown>)[key], rest, by); // An object, as was just asked.
  if (Array.isArray(copy)) copy.splice(Number(key), 1, ...(inner === undefined ? [] : [inner]));
  else if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}

/** A real file's JSON with one to three places changed for the worse. */
export function hostileJson(real: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    path: fc.constantFrom(...pathsOf(real)),
    by: fc.constantFrom(undefined, ...nasty),
  });
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, { path, by }) => replaced(value, path, by), real));
}

/** A real file's bytes, cut off somewhere, or with some of them, mostly near its beginning, changed. */
export function hostileBytes(real: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const places = fc.oneof(fc.nat(15), fc.nat(Math.min(2000, real.length - 1)), fc.nat(real.length - 1));
  const changes = fc.array(fc.tuple(places, fc.nat(255)), { maxLength: 8 });
  const end = fc.oneof(fc.constant(real.length), fc.nat(real.length));
  return fc.tuple(changes, end).map(([changed, length]) => {
    const bytes = new Uint8Array(real);
    for (const [at, value] of changed) bytes[at] = value;
    return bytes.slice(0, length);
  });
}
