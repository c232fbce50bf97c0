/** A picture so much earlier than the one before, or so much later, begins another stretch of time. */
const mostBackMs = 1000;
const mostAheadMs = 3000;
/** Where time has jumped, the next picture follows the last one by so much. */
const usualStepMs = 40;
/** Time that stands still would never end what it is cut by. */
const leastStepMs = 1;
/** Sound farther from the picture is of another stretch. */
const mostApartMs = 5000;

/**
 * Puts a publisher's timestamps on a clock that begins with the first picture and never goes back. Where they jump, time goes on from the picture
 * before: what reads it must not wait for hours, nor take hours of pictures for one moment.
 */
export class Timeline {
  #offsetMs: number | undefined;
  #videoMs = 0;
  #audioMs = 0;
  #jumped = false;

  /** Time has jumped since the beginning. */
  get jumped(): boolean {
    return this.#jumped;
  }

  /** How long there has been no sound, in time of the picture. */
  get silentMs(): number {
    return this.#videoMs - this.#audioMs;
  }

  video(timestampMs: number): number {
    const first = this.#offsetMs === undefined;
    this.#offsetMs ??= -timestampMs;
    const stepMs = timestampMs + this.#offsetMs - this.#videoMs;
    if (stepMs < -mostBackMs || stepMs > mostAheadMs) {
      this.#jumped = true;
      this.#offsetMs += usualStepMs - stepMs;
      this.#videoMs += usualStepMs;
      this.#audioMs = Math.min(this.#audioMs, this.#videoMs);
    } else if (!first) this.#videoMs += Math.max(leastStepMs, stepMs);
    return this.#videoMs;
  }

  /** Undefined for sound that no picture belongs to. */
  audio(timestampMs: number): number | undefined {
    if (this.#offsetMs === undefined) return undefined;
    const timeMs = timestampMs + this.#offsetMs;
    if (timeMs < 0 || Math.abs(timeMs - this.#videoMs) > mostApartMs || timeMs < this.#audioMs) return undefined;
    this.#audioMs = timeMs;
    return timeMs;
  }
}
