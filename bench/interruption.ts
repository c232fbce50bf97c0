/** The exit code of a tool that was interrupted, as shells count: 128 and the number of SIGINT. */
const interruptedCode = 130;

/**
 * Ctrl-C ends a measurement at once: what was measured until then is printed. A second one ends the process. From its creation on the
 * tool waits for its steps by `unless`, and looks at `ended` between them.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #signalled: Promise<undefined>;

  constructor() {
    const { signal } = this.#controller;
    this.#signalled = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const onSignal = () => {
      if (this.ended) return;
      console.error('interrupted: what was measured so far follows');
      this.#controller.abort();
    };
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  }

  get ended(): boolean {
    return this.#controller.signal.aborted;
  }

  /** What a step resolves to; undefined at once when it is interrupted, whatever becomes of the step. */
  unless<T>(step: Promise<T>): Promise<T | undefined> {
    return Promise.race([step, this.#signalled]);
  }

  /** What the tool ends with, where it would have ended with `code`. */
  exitCode(code = 0): number {
    return this.ended ? interruptedCode : code;
  }
}

/** What went wrong, in one line: for the row that cannot be had. */
export function inOneLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n')[0] ?? '';
}
