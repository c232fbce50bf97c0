import type { VitreousError } from '../../core/errors.js';
import { type EnhancedState, FallbackEvent, type FallbackReason, StateChangeEvent } from '../api/events.js';

/** The state a page sees, and the events that tell of it. */
export class Status {
  readonly #target: Pick<EventTarget, 'dispatchEvent'>;
  #state: EnhancedState = 'starting';
  #why: FallbackReason | undefined;
  #told = false;

  constructor(target: Pick<EventTarget, 'dispatchEvent'>) {
    this.#target = target;
  }

  get state(): EnhancedState {
    return this.#state;
  }

  get why(): FallbackReason | undefined {
    return this.#why;
  }

  /** A state that needs no reason. */
  to(state: 'starting' | 'running' | 'off' | 'disposed'): void {
    this.#why = undefined;
    this.#change(state);
  }

  /** The native video shows. Reported once a reason. */
  native(error: VitreousError, recovering: boolean): void {
    const known = this.#why?.code === error.code && this.#why.recovering === recovering;
    if (known) return;
    this.#why = { code: error.code, stage: error.stage, message: error.message, recovering, error };
    this.#change(recovering ? 'bypassed' : 'failed');
    if (this.#told) this.#target.dispatchEvent(new FallbackEvent(this.#why));
  }

  /** The page holds the object from now on: what has happened so far is told in a later task, when it can listen. */
  tellStarted(): void {
    if (this.#told) return;
    this.#told = true;
    const why = this.#why;
    if (why)
      setTimeout(() => {
        if (this.#why === why) this.#target.dispatchEvent(new FallbackEvent(why));
      });
  }

  #change(state: EnhancedState): void {
    if (this.#state === 'disposed' || this.#state === state) return;
    const from = this.#state;
    this.#state = state;
    this.#target.dispatchEvent(new StateChangeEvent(from, state));
  }
}
