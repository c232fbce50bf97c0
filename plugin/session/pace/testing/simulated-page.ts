import { DeviceShare, type ShareMember } from '../device-share.js';
import { QualityGovernor } from '../quality-governor.js';

/** A video of a page with several. */
export interface SimulatedVideo {
  readonly fps: number;
  /** GPU time of a frame of the cheapest tier, milliseconds. */
  readonly ownMs: number;
  /** Whether it plays at a time, seconds. Default: always. */
  readonly plays?: (seconds: number) => boolean;
}

export interface SimulatedPage {
  readonly videos: readonly SimulatedVideo[];
  readonly seconds: number;
  /** Work of strangers at a time, as a part of the GPU's. */
  readonly strangers?: (seconds: number) => number;
}

/** A video's tier from a time on. */
export interface Step {
  readonly seconds: number;
  readonly level: number;
}

const tierCosts = [1, 4, 16, 64];
const mostInFlight = 2;
const stepMs = 5;
/** Strangers draw frames too, so often. */
const strangersIntervalMs = 35;
const mostBehindMs = 120;

interface Frame {
  readonly submitMs: number;
  readonly doneMs: number;
  readonly ownMs: number;
  readonly tier: number;
  readonly frameCount: number;
}

/** One video as a session plays it: draws, drops and tells its governor. */
class Player {
  readonly steps: Step[] = [];
  readonly #video: SimulatedVideo;
  readonly #governor = new QualityGovernor(tierCosts.length);
  readonly #member: ShareMember;
  readonly #inFlight: Frame[] = [];
  #lastDoneMs = 0;
  #dropped = 0;
  dueMs: number;

  constructor(video: SimulatedVideo, share: DeviceShare, dueMs: number) {
    this.#video = video;
    this.#member = share.join();
    this.dueMs = dueMs;
  }

  get #intervalMs(): number {
    return 1000 / this.#video.fps;
  }

  /** Takes a frame. Returns GPU time to queue. */
  frame(nowMs: number, queueFreeMs: number): number {
    this.dueMs += this.#intervalMs;
    if (this.#video.plays?.(nowMs / 1000) === false) return 0;
    this.#member.frame(nowMs, this.#intervalMs);
    this.#governor.ownFraction = this.#member.fraction(nowMs);
    if (this.#governor.level < 0) {
      const waitMs = queueFreeMs - nowMs;
      this.#note(nowMs, () => this.#governor.idle(waitMs, this.#intervalMs, nowMs));
      this.#report(waitMs, nowMs);
      return 0;
    }
    const [first] = this.#inFlight;
    if (first && this.#inFlight.length >= mostInFlight) {
      this.#dropped++;
      this.#note(nowMs, () => this.#governor.stalled(nowMs - first.submitMs, this.#intervalMs, nowMs));
      return 0;
    }
    const tier = this.#governor.level;
    const ownMs = this.#video.ownMs * (tierCosts[tier] ?? 1);
    this.#inFlight.push({ submitMs: nowMs, doneMs: queueFreeMs + ownMs, ownMs, tier, frameCount: 1 + this.#dropped });
    this.#dropped = 0;
    return ownMs;
  }

  finish(nowMs: number): void {
    for (let frame = this.#inFlight[0]; frame && frame.doneMs <= nowMs; frame = this.#inFlight[0]) {
      this.#inFlight.shift();
      const { submitMs, doneMs, ownMs, tier, frameCount } = frame;
      const busyMs = doneMs - Math.max(submitMs, this.#lastDoneMs);
      this.#lastDoneMs = doneMs;
      if (tier !== this.#governor.level) continue;
      const othersMs = Math.max(0, busyMs - this.#governor.ownMs) / frameCount;
      const intervalMs = this.#intervalMs;
      this.#note(doneMs, () => this.#governor.frame({ ownMs, busyMs, frameCount, intervalMs, nowMs: doneMs }));
      this.#report(othersMs, doneMs);
    }
  }

  #report(othersMs: number, nowMs: number): void {
    this.#member.report({ nowMs, intervalMs: this.#intervalMs, othersMs, ownMs: this.#governor.ownMs });
  }

  #note(nowMs: number, work: () => void): void {
    const before = this.#governor.level;
    work();
    if (this.#governor.level !== before) this.steps.push({ seconds: nowMs / 1000, level: this.#governor.level });
  }
}

/** Plays several videos on a GPU with one queue; each session chooses its tier. Returns each one's changes of level. */
export function playPage({ videos, seconds, strangers = () => 0 }: SimulatedPage): readonly (readonly Step[])[] {
  const share = DeviceShare.of({}, 'frames');
  // Not all in the same moment: each screen update has some of the videos' frames.
  const players = videos.map((video, i) => new Player(video, share, (i * 7) % (1000 / video.fps)));
  let queueFreeMs = 0;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += stepMs) {
    queueFreeMs = Math.max(queueFreeMs, nowMs);
    if (nowMs % strangersIntervalMs === 0 && queueFreeMs - nowMs < mostBehindMs)
      queueFreeMs += strangersIntervalMs * strangers(nowMs / 1000);
    for (const player of players) {
      player.finish(nowMs);
      if (player.dueMs <= nowMs) queueFreeMs += player.frame(nowMs, queueFreeMs);
    }
  }
  return players.map(({ steps }) => steps);
}
