type Kind = 'video' | 'audio';

const rates: Record<Kind, number> = { video: 90_000, audio: 48_000 };
/** Smaller errors between sound and picture nobody notices, and reports have some of their own. */
const noticedMs = 15;

interface Timeline {
  /** The last timestamp, counted on where its 32 bits go round. */
  ticks: number;
  readonly firstTicks: number;
  /** Where the first lies on the common clock. */
  startMs: number;
  /** The sender's clock less ours, by its last report. */
  senderMs: number | undefined;
}

/**
 * Puts the timestamps of a sender's sound and picture on one clock that begins with the first packet: by when they arrive at first, and by
 * its reports (RFC 3550 §6.4.1) as soon as there is one for each. The picture stays where it is, the sound moves.
 */
export class SenderClock {
  readonly #timelines = new Map<Kind, Timeline>();
  #originMs: number | undefined;

  /** @param nowMs of a clock that never goes back */
  timeMs(kind: Kind, timestamp: number, nowMs: number): number {
    this.#originMs ??= nowMs;
    let timeline = this.#timelines.get(kind);
    if (!timeline) {
      timeline = { ticks: timestamp, firstTicks: timestamp, startMs: nowMs - this.#originMs, senderMs: undefined };
      this.#timelines.set(kind, timeline);
    }
    timeline.ticks = countOn(timeline.ticks, timestamp);
    return at(kind, timeline, timeline.ticks);
  }

  /** @param senderMs the time that the sender says belongs to a timestamp */
  report(kind: Kind, timestamp: number, senderMs: number): void {
    const timeline = this.#timelines.get(kind);
    if (!timeline) return;
    timeline.senderMs = senderMs - at(kind, timeline, countOn(timeline.ticks, timestamp));
    const [video, audio] = [this.#timelines.get('video'), this.#timelines.get('audio')];
    if (!audio || video?.senderMs === undefined || audio.senderMs === undefined) return;
    const lateMs = video.senderMs - audio.senderMs;
    if (Math.abs(lateMs) < noticedMs) return;
    audio.startMs -= lateMs;
    audio.senderMs += lateMs;
  }
}

const at = (kind: Kind, { firstTicks, startMs }: Timeline, ticks: number): number =>
  startMs + ((ticks - firstTicks) * 1000) / rates[kind];

/** The count nearest to `former` whose low 32 bits are the timestamp. */
const countOn = (former: number, timestamp: number): number => former + ((timestamp - former) | 0);
