/** Where one source's packets end and another's begin, time goes on as the clock of this machine does; by so much at least, milliseconds. */
const leastStepMs = 20;
/** Timestamps that run so far ahead of the clock of this machine, or go so far back, have jumped, milliseconds. */
const mostAstrayMs = 3000;
const shortestPacketBytes = 12;

/**
 * Makes one stream of RTP (RFC 3550 §5.1) of those that follow one another, and of one whose time jumps: numbers and timestamps count on.
 * Receivers must not notice that there was another encoder.
 */
export class RtpSplice {
  readonly #clockHz: number;
  /** Sources that are over: what still comes of them is late. */
  readonly #former = new Set<number>();
  #ssrc: number | undefined;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #lastSequence = 0;
  #lastTimestamp = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clockHz: number) {
    this.#clockHz = clockHz;
  }

  /** @returns the packet as it goes on; undefined for one of a source that is over, and for what is no packet */
  take(packet: Buffer, nowMs: number): Buffer | undefined {
    if (packet.length < shortestPacketBytes) return undefined;
    const ssrc = packet.readUInt32BE(8);
    if (this.#former.has(ssrc)) return undefined;
    const sequence = packet.readUInt16BE(2);
    const timestamp = packet.readUInt32BE(4);
    const elapsedTicks = Math.round((Math.max(leastStepMs, nowMs - this.#lastMs) * this.#clockHz) / 1000);
    if (this.#ssrc === undefined) this.#ssrc = ssrc;
    else {
      const stepTicks = (timestamp + this.#timestampOffset - this.#lastTimestamp) | 0;
      const astrayTicks = (mostAstrayMs * this.#clockHz) / 1000;
      // Packets that were held up on their way lag behind the clock: that is no jump.
      const jumps = stepTicks > elapsedTicks + astrayTicks || stepTicks < -astrayTicks;
      if (this.#ssrc !== ssrc || jumps) {
        if (this.#ssrc !== ssrc) this.#former.add(this.#ssrc);
        this.#ssrc = ssrc;
        this.#sequenceOffset = this.#lastSequence + 1 - sequence;
        this.#timestampOffset = this.#lastTimestamp + elapsedTicks - timestamp;
      }
    }
    const out = Buffer.from(packet);
    out.writeUInt16BE((sequence + this.#sequenceOffset) & 0xffff, 2);
    out.writeUInt32BE((timestamp + this.#timestampOffset) >>> 0, 4);
    // One that was overtaken changes nothing.
    if (((out.readUInt16BE(2) - this.#lastSequence) & 0xffff) < 0x8000 || this.#lastMs === Number.NEGATIVE_INFINITY) {
      this.#lastSequence = out.readUInt16BE(2);
      this.#lastTimestamp = out.readUInt32BE(4);
      this.#lastMs = nowMs;
    }
    return out;
  }

  /** Whoever receives begins anew, too: nothing has to count on, and a source may come back. */
  reset(): void {
    this.#former.clear();
    this.#ssrc = undefined;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }
}
