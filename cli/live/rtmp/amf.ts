/** A value of AMF0 (Action Message Format, Adobe 2007). Dates are milliseconds since 1970; XML is its text. */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly AmfValue[]
  | { readonly [name: string]: AmfValue };

/** §2.1: the markers of types. */
const marker = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  movieClip: 4,
  null: 5,
  undefined: 6,
  reference: 7,
  ecmaArray: 8,
  objectEnd: 9,
  strictArray: 10,
  date: 11,
  longString: 12,
  unsupported: 13,
  recordSet: 14,
  xml: 15,
  typedObject: 16,
  /** What follows is AMF3. */
  avmPlus: 17,
} as const;

/** Far deeper than any command nests; each level takes some of our stack. */
const deepest = 1500;
const longestShortString = 0xffff;

/** What could be read of a message. */
export interface AmfMessage {
  readonly values: readonly AmfValue[];
  /** Undefined: all of it was read. Otherwise `values` has what came before. */
  readonly problem: string | undefined;
}

/**
 * Reads a message as far as it can be read. Nothing here throws: what a publisher sends beside what we need must not end its stream.
 *
 * @param most values are enough
 */
export function decodeAmf(bytes: Buffer, most = Number.POSITIVE_INFINITY): AmfMessage {
  const reader = new AmfReader(bytes);
  const values: AmfValue[] = [];
  while (!reader.done && values.length < most) {
    const value = reader.value(0);
    // A container that is cut off still has what stood before the cut.
    if (reader.problem === undefined || typeof value === 'object') values.push(value);
  }
  return { values, problem: reader.problem };
}

class AmfReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** The objects and arrays so far, in their order: what references point at. */
  readonly #complex: AmfValue[] = [];
  problem: string | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.problem !== undefined || this.#at >= this.#bytes.length;
  }

  /** Where the next `count` bytes begin; undefined where there are not so many. */
  #take(count: number): number | undefined {
    const at = this.#at;
    if (at + count > this.#bytes.length) return this.#stop('cut off');
    this.#at += count;
    return at;
  }

  #stop(problem: string): undefined {
    this.problem ??= `AMF0: ${problem}`;
  }

  #text(lengthBytes: 2 | 4): string | undefined {
    const sizeAt = this.#take(lengthBytes);
    if (sizeAt === undefined) return undefined;
    const length = this.#bytes.readUIntBE(sizeAt, lengthBytes);
    const at = this.#take(length);
    return at === undefined ? undefined : this.#bytes.toString('utf8', at, at + length);
  }

  #number(): number | undefined {
    const at = this.#take(8);
    return at === undefined ? undefined : this.#bytes.readDoubleBE(at);
  }

  #object(depth: number): AmfValue {
    const index = this.#complex.push(undefined) - 1;
    const entries: [string, AmfValue][] = [];
    while (this.problem === undefined) {
      const name = this.#text(2);
      if (name === undefined) break;
      if (name === '' && this.#bytes[this.#at] === marker.objectEnd) {
        this.#at++;
        break;
      }
      const value = this.value(depth + 1);
      if (this.problem === undefined || typeof value === 'object') entries.push([name, value]);
    }
    const object = Object.fromEntries(entries);
    this.#complex[index] = object;
    return object;
  }

  #array(depth: number): AmfValue {
    const countAt = this.#take(4);
    const index = this.#complex.push(undefined) - 1;
    const values: AmfValue[] = [];
    const count = countAt === undefined ? 0 : this.#bytes.readUInt32BE(countAt);
    // Each value takes a byte at least: a count that lies ends with the message.
    while (values.length < count && this.problem === undefined) {
      const value = this.value(depth + 1);
      if (this.problem === undefined || typeof value === 'object') values.push(value);
    }
    this.#complex[index] = values;
    return values;
  }

  value(depth: number): AmfValue {
    const typeAt = this.#take(1);
    if (typeAt === undefined) return undefined;
    if (depth > deepest) return this.#stop(`nested deeper than ${deepest}`);
    const type = this.#bytes[typeAt];
    switch (type) {
      case marker.number:
        return this.#number();
      case marker.boolean: {
        const at = this.#take(1);
        return at === undefined ? undefined : this.#bytes[at] !== 0;
      }
      case marker.string:
        return this.#text(2);
      case marker.longString:
      case marker.xml:
        return this.#text(4);
      case marker.object:
        return this.#object(depth);
      case marker.typedObject:
        this.#text(2); // The name of its class.
        return this.#object(depth);
      case marker.ecmaArray:
        this.#take(4); // Its length is a hint alone (§2.10).
        return this.#object(depth);
      case marker.strictArray:
        return this.#array(depth);
      case marker.date: {
        const time = this.#number();
        this.#take(2); // The time zone, "should be set to 0" (§2.13).
        return time;
      }
      case marker.reference: {
        const at = this.#take(2);
        return at === undefined ? undefined : this.#complex[this.#bytes.readUInt16BE(at)];
      }
      case marker.null:
        return null;
      // The last three are reserved, without content (§2.5, §2.16, §2.17).
      case marker.undefined:
      case marker.unsupported:
      case marker.movieClip:
      case marker.recordSet:
        return undefined;
      case marker.avmPlus:
        return this.#stop('the rest is AMF3');
      default:
        return this.#stop(`type ${type}`);
    }
  }
}

function text(value: Buffer, lengthBytes: 2 | 4): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(value.length, 0, lengthBytes);
  return Buffer.concat([length, value]);
}

function encodeValue(value: AmfValue): Buffer {
  if (value === null) return Buffer.from([marker.null]);
  switch (typeof value) {
    case 'number': {
      const bytes = Buffer.alloc(9);
      bytes.writeDoubleBE(value, 1);
      return bytes;
    }
    case 'boolean':
      return Buffer.from([marker.boolean, value ? 1 : 0]);
    case 'string': {
      const bytes = Buffer.from(value, 'utf8');
      return bytes.length > longestShortString
        ? Buffer.concat([Buffer.from([marker.longString]), text(bytes, 4)])
        : Buffer.concat([Buffer.from([marker.string]), text(bytes, 2)]);
    }
    case 'undefined':
      return Buffer.from([marker.undefined]);
    default: {
      if (isArray(value)) {
        const head = Buffer.alloc(5, marker.strictArray);
        head.writeUInt32BE(value.length, 1);
        return Buffer.concat([head, ...value.map(encodeValue)]);
      }
      const members = Object.entries(value).flatMap(([name, member]) => [
        text(Buffer.from(name, 'utf8').subarray(0, longestShortString), 2),
        encodeValue(member),
      ]);
      return Buffer.concat([Buffer.from([marker.object]), ...members, Buffer.from([0, 0, marker.objectEnd])]);
    }
  }
}

/** `Array.isArray` does not tell read-only arrays from objects. */
const isArray = (value: AmfValue): value is readonly AmfValue[] => Array.isArray(value);

export function encodeAmf(...values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}
