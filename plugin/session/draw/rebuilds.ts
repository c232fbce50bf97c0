/** How often a lost device is replaced. */
export const rebuildRules = {
  /** A device that is lost this often in a row is not asked for again. */
  mostInARow: 3,
  /** A picture that has stood for so long ends the row, milliseconds: some devices live for one frame. */
  steadyMs: 1000,
} as const;

/** Counts devices lost in a row. Pure: time comes in by argument. */
export class Rebuilds {
  #lost = 0;
  #shownSinceMs: number | undefined;

  /** A picture of the current device is on screen. */
  shown(nowMs: number): void {
    this.#shownSinceMs ??= nowMs;
  }

  /** The device is lost. Returns whether another one is worth asking for. */
  lost(nowMs: number): boolean {
    if (this.#shownSinceMs !== undefined && nowMs - this.#shownSinceMs >= rebuildRules.steadyMs) this.#lost = 0;
    this.#shownSinceMs = undefined;
    this.#lost++;
    return this.#lost <= rebuildRules.mostInARow;
  }
}
