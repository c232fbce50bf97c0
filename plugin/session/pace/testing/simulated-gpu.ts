import { QualityGovernor } from '../quality-governor.js';

/** What the GPU does at a moment, milliseconds. */
export interface GpuLoad {
  /** Our own work on a frame of the cheapest tier. */
  readonly ownMs: number;
  /** Work of others that is in the queue before each of our frames. */
  readonly othersMs?: number;
}

export interface Playback {
  readonly fps: number;
  readonly seconds: number;
  /** The load at a time, seconds. */
  readonly load: (seconds: number) => GpuLoad;
  /** What each tier takes, relative to the cheapest. */
  readonly tierCosts?: readonly number[];
  /** Seconds until another tier stands ready. */
  readonly prepareSeconds?: number;
  /** GPUs without timestamps tell of the queue alone. */
  readonly timestamps?: boolean;
}

export interface Switch {
  readonly seconds: number;
  /** Frames of the source since it began. */
  readonly frame: number;
  readonly level: number;
}

const mostInFlight = 2;
/** Others wait too once the queue is so many frame intervals behind. */
const mostBehind = 3;
const sampleMs = 125;

/**
 * Plays a clip on a GPU that works off one queue, in order, with at most two of our frames in it, and lets a governor choose the tier
 * by what the session would tell it. Returns every change of level.
 */
export function play(playback: Playback, governor?: QualityGovernor): readonly Switch[] {
  const { fps, seconds, load, tierCosts = [1, 4, 16, 64], prepareSeconds = 0.1, timestamps = true } = playback;
  const chosen = governor ?? new QualityGovernor(tierCosts.length);
  const intervalMs = 1000 / fps;
  const switches: Switch[] = [];
  const finishes: { readonly submitMs: number; readonly doneMs: number; readonly tell: (doneMs: number) => void }[] =
    [];
  let [queueFreeMs, lastDoneMs, lastSampleMs, dropped] = [0, 0, Number.NEGATIVE_INFINITY, 0];
  let [drawn, readyMs] = [Math.max(0, chosen.level), 0];

  const note = (before: number, nowMs: number, frame: number): void => {
    if (chosen.level === before) return;
    switches.push({ seconds: nowMs / 1000, frame, level: chosen.level });
    readyMs = nowMs + prepareSeconds * 1000;
  };
  const finish = (untilMs: number): void => {
    while ((finishes[0]?.doneMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
      const next = finishes.shift();
      next?.tell(next.doneMs);
    }
  };

  for (let frame = 0; frame < seconds * fps; frame++) {
    const nowMs = frame * intervalMs;
    finish(nowMs);
    const { ownMs, othersMs = 0 } = load(nowMs / 1000);
    queueFreeMs = Math.max(queueFreeMs, nowMs);
    if (queueFreeMs - nowMs < mostBehind * intervalMs) queueFreeMs += othersMs;
    const before = chosen.level;
    if (before < 0) {
      chosen.idle(queueFreeMs - nowMs, intervalMs, nowMs);
      note(before, nowMs, frame);
      continue;
    }
    if (nowMs >= readyMs) drawn = chosen.level;
    if (finishes.length >= mostInFlight) {
      dropped++;
      chosen.stalled(nowMs - (finishes[0]?.submitMs ?? nowMs), intervalMs, nowMs);
      note(before, nowMs, frame);
      continue;
    }
    const cost = ownMs * (tierCosts[drawn] ?? 1);
    queueFreeMs += cost;
    const [frameCount, tier, submitMs] = [1 + dropped, drawn, nowMs];
    const sampled = chosen.late || nowMs - lastSampleMs >= sampleMs;
    if (sampled) lastSampleMs = nowMs;
    dropped = 0;
    finishes.push({
      submitMs,
      doneMs: queueFreeMs,
      tell: (doneMs) => {
        const busyMs = doneMs - Math.max(submitMs, lastDoneMs);
        lastDoneMs = doneMs;
        const level = chosen.level;
        if (tier !== level) return;
        const ownMs = !timestamps ? busyMs : sampled ? cost : undefined;
        chosen.frame({ ownMs, busyMs, frameCount, intervalMs, nowMs: doneMs });
        note(level, doneMs, frame);
      },
    });
  }
  return switches;
}

/** Pseudo-random numbers in [0, 1) that are the same each time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
