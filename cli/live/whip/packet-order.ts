/** How long a packet may be late, milliseconds: it is asked for again meanwhile. */
const patienceMs = 250;
/** More than any frame has. */
const mostHeld = 512;
/** So far behind no packet is late: its sender counts anew. */
const mostBehind = 1000;

/** What follows, in its order. */
export interface InOrder<P> {
  readonly packets: readonly P[];
  /** Something before the first of them will not come any more. */
  readonly lost: boolean;
}

/** Puts RTP packets back in the order of their numbers (RFC 3550 §5.1), which go round at 65,536. */
export class PacketOrder<P> {
  #next: number | undefined;
  /** What would follow a packet that came from far behind. */
  #anew: number | undefined;
  readonly #held = new Map<number, { readonly packet: P; readonly sinceMs: number }>();

  /** @param nowMs of a clock that never goes back */
  push(sequence: number, packet: P, nowMs: number): InOrder<P> {
    this.#next ??= sequence;
    const ahead = (sequence - this.#next) & 0xffff;
    // From before: came twice, or too late. Two in a row from far behind are a new count (RFC 3550 §A.1).
    if (ahead >= 0x8000) {
      const begins = this.#anew === sequence;
      this.#anew = ahead < 0x10000 - mostBehind ? (sequence + 1) & 0xffff : undefined;
      if (!begins) return { packets: [], lost: false };
      this.#held.clear();
      this.#next = (sequence + 1) & 0xffff;
      return { packets: [packet], lost: true };
    }
    this.#anew = undefined;
    this.#held.set(sequence, { packet, sinceMs: nowMs });
    const packets = this.#take();
    if (packets.length > 0 || !this.#givesUp(nowMs)) return { packets, lost: false };
    this.#next = this.#nearest();
    return { packets: this.#take(), lost: true };
  }

  #take(): P[] {
    const packets: P[] = [];
    for (let next = this.#next ?? 0; ; next = (next + 1) & 0xffff) {
      const held = this.#held.get(next);
      this.#next = next;
      if (!held) return packets;
      this.#held.delete(next);
      packets.push(held.packet);
    }
  }

  #givesUp(nowMs: number): boolean {
    const [first] = this.#held.values();
    return this.#held.size > mostHeld || (first !== undefined && nowMs - first.sinceMs > patienceMs);
  }

  #nearest(): number {
    const from = this.#next ?? 0;
    const aheads = [...this.#held.keys()].map((sequence) => (sequence - from) & 0xffff);
    return (from + Math.min(...aheads)) & 0xffff;
  }
}
