/** One picture, as its NAL units without start codes. */
export interface H264Frame {
  readonly units: readonly Buffer[];
  /** Begins anew: needs no frame before it. */
  readonly key: boolean;
  /** RTP's, on a clock of 90 kHz. */
  readonly timestamp: number;
}

// Types of NAL units (H.264 §7.4.1) and of packets (RFC 6184 §5.2).
const idr = 5;
export const sps = 7;
export const pps = 8;
const stapA = 24;
const fuA = 28;
/** More than any picture: the end of one that grows beyond it is not waited for. */
const mostBytes = 8 * 1024 * 1024;
/** Each takes memory of its own, also where it is empty. */
const mostPieces = 8192;

const typeOf = (unit: Buffer): number => (unit[0] ?? 0) & 0x1f;

/** The first unit of a type. */
export function unitOf({ units }: H264Frame, type: number): Buffer | undefined {
  return units.find((unit) => typeOf(unit) === type);
}

/** Puts pictures together from RTP payloads in their order (RFC 6184, packetization modes 0 and 1). */
export class H264Frames {
  #units: Buffer[] = [];
  #fragments: Buffer[] = [];
  #timestamp: number | undefined;
  #bytes = 0;
  #pieces = 0;
  /** Pictures that need what was lost would break: they wait for the next one that begins anew. */
  #broken = true;

  /** Something before the next payload is missing. */
  lost(): void {
    this.#units = [];
    this.#fragments = [];
    this.#broken = true;
  }

  /** Whether a picture that begins anew is needed. */
  get broken(): boolean {
    return this.#broken;
  }

  /** @param last the packet ends its picture: the marker of its header */
  push(payload: Buffer, timestamp: number, last: boolean): H264Frame | undefined {
    // A former picture without its end.
    if (this.#timestamp !== timestamp) {
      this.#units = [];
      this.#fragments = [];
      this.#bytes = 0;
      this.#pieces = 0;
    }
    this.#timestamp = timestamp;
    this.#bytes += payload.length;
    this.#pieces++;
    if (this.#bytes > mostBytes || this.#pieces > mostPieces) {
      this.lost();
      return undefined;
    }
    this.#unpack(payload);
    if (!last || this.#units.length === 0) return undefined;
    const units = this.#units;
    this.#units = [];
    const key = units.some((unit) => typeOf(unit) === idr);
    if (key) this.#broken = false;
    return this.#broken ? undefined : { units, key, timestamp };
  }

  #unpack(payload: Buffer): void {
    const type = typeOf(payload);
    if (type === stapA) {
      for (let at = 1; at + 2 <= payload.length; ) {
        const length = payload.readUInt16BE(at);
        const unit = payload.subarray(at + 2, at + 2 + length);
        if (unit.length > 0) this.#units.push(unit);
        at += 2 + length;
      }
    } else if (type === fuA) this.#fragment(payload);
    else if (type > 0 && type < stapA) this.#units.push(payload);
  }

  #fragment(payload: Buffer): void {
    const [indicator = 0, header = 0] = payload;
    if (header & 0x80) this.#fragments = [Buffer.of((indicator & 0xe0) | (header & 0x1f))];
    // Without its beginning it is of no use.
    if (this.#fragments.length === 0) return;
    this.#fragments.push(payload.subarray(2));
    if (!(header & 0x40)) return;
    this.#units.push(Buffer.concat(this.#fragments));
    this.#fragments = [];
  }
}
