import { randomBytes } from 'node:crypto';

/** Of C1, C2, S1 and S2. */
const partBytes = 1536;
const wholeBytes = 1 + 2 * partBytes;

/** The server's side of §5.2, without digests: C0 C1 → S0 S1 S2, then C2. */
export class Handshake {
  #received: Buffer = Buffer.alloc(0);
  #answered = false;

  /**
   * @returns what is to be sent, and what followed the handshake where it is over
   * @throws RangeError for what is no RTMP
   */
  push(bytes: Buffer): { readonly answer: Buffer | undefined; readonly rest: Buffer | undefined } {
    const received = Buffer.concat([this.#received, bytes]);
    this.#received = received;
    if (received.length > 0 && received[0] !== 3)
      throw new RangeError(`no RTMP (its first byte is ${received[0]}, plain RTMP's is 3)`);
    let answer: Buffer | undefined;
    if (!this.#answered && received.length > partBytes) {
      this.#answered = true;
      const own = randomBytes(partBytes);
      own.fill(0, 0, 8);
      answer = Buffer.concat([Buffer.from([3]), own, received.subarray(1, partBytes + 1)]);
    }
    return { answer, rest: received.length < wholeBytes ? undefined : received.subarray(wholeBytes) };
  }
}
