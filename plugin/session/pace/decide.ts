import type { Standing } from '../draw/preparation.js';
import type { Verdict } from './conditions.js';

/** What is known when a frame comes. */
export interface FrameConditions {
  /** What speaks against enhanced frames; undefined if nothing does. */
  readonly verdict: Verdict | undefined;
  /** There is a renderer. */
  readonly connected: boolean;
  /** How what the frame is to be drawn with stands; undefined where it was not asked for. */
  readonly standing: Standing | undefined;
  /** The GPU has as many frames to do as it may. */
  readonly behind: boolean;
}

/** What becomes of a frame. */
export type FrameDecision =
  | { readonly do: 'draw' }
  /** The native video shows it, or what is on screen stays; `for`: what has to come first. */
  | { readonly do: 'wait'; readonly for: 'device' | 'preparation' | 'queue' }
  | { readonly do: 'native'; readonly verdict: Verdict };

/** Decides over one frame: the table of `docs/architecture.md`, "What becomes of a frame". */
export function decide({ verdict, connected, standing, behind }: FrameConditions): FrameDecision {
  if (verdict) return { do: 'native', verdict };
  if (!connected) return { do: 'wait', for: 'device' };
  if (standing !== 'ready' && standing !== 'usable') return { do: 'wait', for: 'preparation' };
  return behind ? { do: 'wait', for: 'queue' } : { do: 'draw' };
}
