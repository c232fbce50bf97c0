/** A picture so much earlier than the one before, or so much later, begins another stretch of time. */
const mostBackMs = 1000;
const mostAheadMs = 3000;
/** Where time has jumped, the next picture follows the last one by so much. */
const usualStepMs = 40;
/** Time that stands still would never end what it is cut by. */
const leastStepMs = 1;
/** Sound farther from the picture is of another stretch. */
const mostApartMs = 5000;
/** Sound that is so for as long as this does not come from before a jump. */
const stayMs = 1000;

/**
 * Puts a publisher's timestamps on a clock that begins with the first picture and never goes back. Where they jump, time goes on from the picture
 * before: what reads it must not wait for hours, nor take hours of pictures for one moment.
 */
export class Timeline {
  #offsetMs: number | undefined;
  /** Of the sound to the picture, where the two have clocks of their own. */
  #soundOffsetMs = 0;
  #apartSinceMs: number | undefined;
  #videoMs = 0;
  #audioMs = 0;
  #jumped = false;

  /** Time has jumped since the beginning. */
  get jumped(): boolean {
    return this.#jumped;
  }

  /** From the first picture to the last one. */
  get lengthMs(): number {
    return this.#videoMs;
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
      this.#soundOffsetMs = 0;
      this.#apartSinceMs = undefined;
    } else if (!first) this.#videoMs += Math.max(leastStepMs, stepMs);
    return this.#videoMs;
  }

  /** Sound that stays far away has a clock of its own: from now on it goes with the picture. */
  #apart(timestampMs: number, timeMs: number): void {
    const sinceMs = timestampMs - (this.#apartSinceMs ?? timestampMs);
    if (this.#apartSinceMs === undefined || sinceMs < 0 || sinceMs > mostApartMs) this.#apartSinceMs = timestampMs;
    else if (sinceMs >= stayMs) this.#soundOffsetMs += this.#videoMs - timeMs;
  }

  /** Undefined for sound that no picture belongs to. */
  audio(timestampMs: number): number | undefined {
    if (this.#offsetMs === undefined) return undefined;
    const timeMs = timestampMs + this.#offsetMs + this.#soundOffsetMs;
    if (Math.abs(timeMs - this.#videoMs) > mostApartMs) {
      this.#apart(timestampMs, timeMs);
      return undefined;
    }
    this.#apartSinceMs = undefined;
    if (timeMs < 0 || timeMs < this.#audioMs) return undefined;
    this.#audioMs = timeMs;
    return timeMs;
  }
}
