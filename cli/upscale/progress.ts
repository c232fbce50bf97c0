/** A clock time such as `1:02:03` or `4:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${h > 0 ? String(m).padStart(2, '0') : m}:${String(s).padStart(2, '0')}`;
  return h > 0 ? `${h}:${tail}` : tail;
}

const barCells = 28;

/** The line of a progress bar: `[=====>    ]  37 %  88/240 frames  4.1 fps  0:37 left`. */
export function progressLine(done: number, total: number, elapsedSeconds: number): string {
  const share = total > 0 ? Math.min(done / total, 1) : 0;
  const cells = Math.floor(share * barCells);
  const bar = `${'='.repeat(cells)}${cells < barCells ? '>' : ''}`.padEnd(barCells);
  const fps = elapsedSeconds > 0 ? done / elapsedSeconds : 0;
  const left = fps > 0 && done < total ? `  ${clock((total - done) / fps)} left` : '';
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${done}/${total} frames  ${fps.toFixed(1)} fps${left}`;
}

/** Draws the bar on a terminal, at most ten times a second; elsewhere nothing until the end. */
export class Progress {
  readonly #total: number;
  readonly #stream: NodeJS.WriteStream;
  readonly #startMs = performance.now();
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(total: number, stream: NodeJS.WriteStream) {
    this.#total = total;
    this.#stream = stream;
  }

  get elapsedSeconds(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  update(done: number): void {
    const nowMs = performance.now();
    if (!this.#stream.isTTY || (nowMs - this.#drawnMs < 100 && done < this.#total)) return;
    this.#drawnMs = nowMs;
    this.#stream.write(`\r\x1b[K${progressLine(done, this.#total, this.elapsedSeconds)}`);
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
