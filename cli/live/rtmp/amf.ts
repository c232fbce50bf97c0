/** A value of AMF0 (Action Message Format, Adobe 2007), as far as RTMP commands use it. */
export type AmfValue = number | boolean | string | null | undefined | { readonly [name: string]: AmfValue };

const marker = { number: 0, boolean: 1, string: 2, object: 3, null: 5, undefined: 6, array: 8, objectEnd: 9 } as const;

/** Every value of a message. @throws RangeError for what is cut off or of another type. */
export function decodeAmf(bytes: Buffer): AmfValue[] {
  const reader = new AmfReader(bytes);
  const values: AmfValue[] = [];
  while (!reader.done) values.push(reader.value());
  return values;
}

class AmfReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #take(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new RangeError('AMF0: cut off');
    return at;
  }

  #text(): string {
    const length = this.#bytes.readUInt16BE(this.#take(2));
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #object(): AmfValue {
    const entries: [string, AmfValue][] = [];
    for (;;) {
      const name = this.#text();
      if (name === '' && this.#bytes[this.#at] === marker.objectEnd) {
        this.#take(1);
        return Object.fromEntries(entries);
      }
      entries.push([name, this.value()]);
    }
  }

  value(): AmfValue {
    const type = this.#bytes.readUInt8(this.#take(1));
    switch (type) {
      case marker.number:
        return this.#bytes.readDoubleBE(this.#take(8));
      case marker.boolean:
        return this.#bytes.readUInt8(this.#take(1)) !== 0;
      case marker.string:
        return this.#text();
      case marker.object:
        return this.#object();
      case marker.array:
        this.#take(4); // Its length is a hint alone (AMF0 §2.10).
        return this.#object();
      case marker.null:
        return null;
      case marker.undefined:
        return undefined;
      default:
        throw new RangeError(`AMF0: type ${type}`);
    }
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
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
    case 'string':
      return Buffer.concat([Buffer.from([marker.string]), text(value)]);
    case 'undefined':
      return Buffer.from([marker.undefined]);
    default: {
      const members = Object.entries(value).flatMap(([name, member]) => [text(name), encodeValue(member)]);
      return Buffer.concat([Buffer.from([marker.object]), ...members, Buffer.from([0, 0, marker.objectEnd])]);
    }
  }
}

export function encodeAmf(...values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}
