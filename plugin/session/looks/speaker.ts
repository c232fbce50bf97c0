/** Things must be there, or be gone, for so long before it is said. */
const steadyMs = 1000;
/** At least so long between two announcements: a screen reader needs time to speak. */
const quietMs = 3000;

/** What to tell a screen reader, and when: the number of things a prompt, when it has changed and stays so. */
export class Speaker {
  #text = '';
  #since = 0;
  #said = '';
  #saidMs = Number.NEGATIVE_INFINITY;

  /** When what was seen last is to be said if it stays, milliseconds; undefined: it has been said. */
  get dueMs(): number | undefined {
    return this.#text === this.#said ? undefined : Math.max(this.#since + steadyMs, this.#saidMs + quietMs);
  }

  /** Takes the prompts of what a look found; returns what is to be said now, if anything. */
  see(prompts: readonly string[], nowMs: number): string | undefined {
    const text = describe(prompts);
    if (text !== this.#text) {
      this.#text = text;
      this.#since = nowMs;
    }
    if (text === this.#said || nowMs - this.#since < steadyMs || nowMs - this.#saidMs < quietMs) return undefined;
    const ended = text === '';
    const before = this.#said;
    this.#said = text;
    this.#saidMs = nowMs;
    return ended ? `gone: ${before}` : text;
  }

  reset(): void {
    this.#text = '';
    this.#said = '';
  }
}

/** `cat, dog: 2`: each prompt once, in the order of the alphabet. */
function describe(prompts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const prompt of prompts) counts.set(prompt, (counts.get(prompt) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([prompt, count]) => (count > 1 ? `${prompt}: ${count}` : prompt))
    .join(', ');
}
