import { governorRules } from './quality-governor.js';

/** A session that has given no sign of frames for so long stands still and needs no time, milliseconds and frame intervals. */
const goneMs = 1000;
const goneIntervals = 6;
/** What is neither ours nor another session's is averaged over about this time. */
const outsideLoadMs = governorRules.loadMs;
/** A stall counts for no more than this many frame intervals. */
const mostOutside = 1 + governorRules.worstFrame;

/** What a session knows after one of its frames, or after it has looked at the queue without giving it anything. */
export interface ShareReport {
  readonly nowMs: number;
  readonly intervalMs: number;
  /** What a frame of its own takes, milliseconds; 0 where it draws none. */
  readonly ownMs: number;
  /** How long others kept the queue busy in a frame interval: sessions and strangers. */
  readonly othersMs: number;
}

/** Frames on their way to the screen, and looks beside them. */
type Work = 'frames' | 'looks';

/** Stands for the GPU where sessions have no device in common: WebGL. */
const page = {};

/** The sessions that divide one device's time among them. */
export class DeviceShare {
  static readonly #shares = { frames: new WeakMap<object, DeviceShare>(), looks: new WeakMap<object, DeviceShare>() };
  readonly #members = new Set<ShareMember>();

  /** The one of a device, or of those without. */
  static of(device: object | undefined, work: Work): DeviceShare {
    const shares = DeviceShare.#shares[work];
    const share = shares.get(device ?? page) ?? new DeviceShare();
    shares.set(device ?? page, share);
    return share;
  }

  join(): ShareMember {
    const member: ShareMember = new ShareMember(
      (nowMs) => [...this.#members].filter((one) => one === member || one.wants(nowMs)),
      () => this.#members.delete(member),
    );
    this.#members.add(member);
    return member;
  }
}

/**
 * A session's part of a device's time: as much as everybody else's who has frames to draw, drawn or not, so that none goes without because it
 * came late and all come down together. What strangers take is taken from all.
 */
export class ShareMember {
  readonly #wanting: (nowMs: number) => readonly ShareMember[];
  readonly leave: () => void;
  #seenMs = Number.NEGATIVE_INFINITY;
  #intervalMs = 0;
  /** Parts of the device's time. */
  #own = 0;
  #outside = 0;

  constructor(wanting: (nowMs: number) => readonly ShareMember[], leave: () => void) {
    this.#wanting = wanting;
    this.leave = leave;
  }

  /** There was a frame to draw a moment ago. */
  wants(nowMs: number): boolean {
    return nowMs - this.#seenMs <= Math.max(goneMs, goneIntervals * this.#intervalMs);
  }

  /** A frame has come, drawn or not. */
  frame(nowMs: number, intervalMs: number): void {
    this.#seenMs = nowMs;
    this.#intervalMs = intervalMs;
  }

  report({ nowMs, intervalMs, ownMs, othersMs }: ShareReport): void {
    this.#own = ownMs / intervalMs;
    const sessions = this.#wanting(nowMs).filter((one) => one !== this);
    const others = othersMs / intervalMs - sessions.reduce((sum, one) => sum + one.#own, 0);
    const outside = Math.min(Math.max(0, others), mostOutside);
    this.#outside += (1 - Math.exp(-intervalMs / outsideLoadMs)) * (outside - this.#outside);
  }

  /** How many divide the device's time now, this one included. */
  count(nowMs: number): number {
    return this.#wanting(nowMs).length;
  }

  /** Part of the frame interval that a frame may take. */
  fraction(nowMs: number): number {
    const { ownFraction, queueFraction } = governorRules;
    const wanting = this.#wanting(nowMs);
    if (wanting.length === 1) return ownFraction;
    // Who is last in the queue sees all of it.
    const outside = Math.max(...wanting.map((one) => one.#outside));
    return Math.max(0, Math.min(ownFraction, queueFraction - outside)) / wanting.length;
  }
}
