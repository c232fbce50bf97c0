export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

export const isUrl = (value: unknown): value is string | URL =>
  value instanceof URL || (typeof value === 'string' && URL.canParse(value, globalThis.location?.href ?? 'file:///'));

const longestShown = 60;

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > longestShown;
    return cut ? `'${value.slice(0, longestShown)}…' (${value.length} characters)` : `'${value}'`;
  }
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return isObject(value) ? 'an object' : String(value);
}

/** The error of an option: its name, what it must be, what it is. */
export function bad(name: string, expected: string, found: unknown): TypeError {
  return new TypeError(`options.${name} must be ${expected}, got ${shown(found)}`);
}

/** A misspelt option would be ignored silently. @throws TypeError */
export function checkKeys(value: object, name: string, known: readonly string[]): void {
  for (const key of Object.keys(value))
    if (!known.includes(key)) {
      const path = name === '' ? key : `${name}.${key}`;
      throw new TypeError(`options.${path} is not an option; known are ${known.join(', ')}`);
    }
}

/** @throws TypeError unless it is an object with no other keys than these. */
export function checkObject(value: unknown, name: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value) || Array.isArray(value)) throw bad(name, 'an object or false', value);
  checkKeys(value, name, known);
  return value;
}

/** A number of a range; undefined stays. @throws TypeError */
export function checkNumber(
  value: unknown,
  name: string,
  [low, high]: readonly [number, number],
  kind: 'number' | 'whole number' = 'number',
): number | undefined {
  if (value === undefined) return undefined;
  const fits = typeof value === 'number' && value >= low && value <= high;
  if (fits && (kind === 'number' || Number.isInteger(value))) return value;
  throw bad(name, `a ${kind} from ${low} to ${high}`, value);
}

/** A boolean; undefined stays. @throws TypeError */
export function checkBoolean(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw bad(name, 'a boolean', value);
}
