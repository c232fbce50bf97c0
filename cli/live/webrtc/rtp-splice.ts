/** Where one source's packets end and another's begin, time goes on as the clock of this machine does; by so much at least, milliseconds. */
const leastStepMs = 20;
const shortestPacketBytes = 12;

/**
 * Makes one stream of RTP (RFC 3550 §5.1) of those that follow one another: numbers and timestamps count on from source to source, and all have
 * one SSRC's view of them. Receivers must not notice that there was another encoder.
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
  #lastMs = 0;

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
    if (this.#ssrc !== ssrc) {
      if (this.#ssrc !== undefined) {
        this.#former.add(this.#ssrc);
        const stepTicks = Math.round((Math.max(leastStepMs, nowMs - this.#lastMs) * this.#clockHz) / 1000);
        this.#sequenceOffset = this.#lastSequence + 1 - sequence;
        this.#timestampOffset = this.#lastTimestamp + stepTicks - timestamp;
      }
      this.#ssrc = ssrc;
    }
    const out = Buffer.from(packet);
    out.writeUInt16BE((sequence + this.#sequenceOffset) & 0xffff, 2);
    out.writeUInt32BE((timestamp + this.#timestampOffset) >>> 0, 4);
    this.#lastSequence = out.readUInt16BE(2);
    this.#lastTimestamp = out.readUInt32BE(4);
    this.#lastMs = nowMs;
    return out;
  }

  /** Whoever receives begins anew, too: nothing has to count on, and a source may come back. */
  reset(): void {
    this.#former.clear();
    this.#ssrc = undefined;
  }
}
