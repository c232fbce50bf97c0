import type { VitreousError } from '../core/errors.js';

/**
 * What becomes of a file's sound: `none`: it has none; `ready`: it is heard whenever the file plays and is not muted; `blocked`: the
 * browser lets the page make no sound before somebody has clicked or typed; `failed`: it cannot be decoded.
 */
export type SoundState = 'none' | 'ready' | 'blocked' | 'failed';

/** Plays a file's sound. Made by an adapter (`vitreous/mediabunny`). Times are seconds of the file. */
export interface FileSound {
  readonly state: 'ready' | 'blocked' | 'failed';
  /** Why it failed. */
  readonly error: VitreousError | undefined;
  /** Called when `state` has changed. */
  onchange: (() => void) | undefined;
  /** 0 to 1. */
  volume: number;
  /** Asks the browser for sound, best in a click's own task. */
  unlock(): void;
  /** Decodes what is heard from there on. Whether `play` is heard at once; asked again and again until it is. */
  prepare(seconds: number): boolean;
  /** How long after `play` its first sample is heard, seconds. */
  readonly delaySeconds: number;
  play(seconds: number, rate: number): void;
  stop(): void;
  /** What is heard now; undefined: nothing is, and the picture's own clock goes on. */
  readonly heardSeconds: number | undefined;
  close(): void;
}
