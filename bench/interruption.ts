/** The exit code of a tool that was interrupted, as shells count: 128 and the number of SIGINT. */
const interruptedCode = 130;

/**
 * Ctrl-C ends a measurement early: what was measured until then is printed. The tool looks at `ended` between two steps; a second Ctrl-C
 * ends the process at once.
 */
export class Interruption {
  readonly #controller = new AbortController();

  constructor() {
    const onSignal = () => {
      console.error('interrupted: what was measured so far follows');
      this.#controller.abort();
    };
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  }

  get ended(): boolean {
    return this.#controller.signal.aborted;
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
