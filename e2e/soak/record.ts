import type { Rest } from './driver.js';
import { growthPerHour, lateGrowth, type Sample } from './growth.js';
import type { Action } from './plan.js';

/** From the middle third of the rounds to the last one. */
const mostHeapGrowth = 0.05;
/** Fewer rounds have not loaded all code: a third of them tells of that. */
const fewestRounds = 9;
const msPerMinute = 60_000;

/** What has been done and what was left after each round. */
export class Record {
  readonly actions: Action[] = [];
  readonly #startMs = Date.now();
  readonly #rests: { readonly hours: number; readonly rest: Rest }[] = [];

  get elapsedMinutes(): number {
    return (Date.now() - this.#startMs) / msPerMinute;
  }

  /** The last action was a rest. */
  get rested(): boolean {
    return this.actions.at(-1)?.kind === 'rest';
  }

  rest(rest: Rest): void {
    this.#rests.push({ hours: this.elapsedMinutes / 60, rest });
  }

  #samples(of: (rest: Rest) => number): Sample[] {
    return this.#rests.map(({ hours, rest }) => ({ hours, value: of(rest) }));
  }

  /**
   * What has grown, in words; undefined: nothing. At rest all is disposed, so that counts are exact: no GPU object, frame or canvas, no
   * enhancement that somebody holds, and as many nodes and listeners as after the first round. The heap also holds what the engine has
   * compiled, which comes to an end.
   */
  growth(): string | undefined {
    for (const [round, { rest }] of this.#rests.entries()) {
      const kept = Object.entries({ ...rest.holdings, held: rest.held }).filter(([, count]) => count !== 0);
      if (kept.length > 0) return `kept after round ${round + 1}: ${JSON.stringify(Object.fromEntries(kept))}`;
    }
    const [first, last] = [this.#rests[0]?.rest, this.#rests.at(-1)?.rest];
    if (!first || !last) return 'no round came to its end';
    if (last.nodes > first.nodes) return `DOM nodes: ${first.nodes}, then ${last.nodes}`;
    if (last.listeners > first.listeners) return `listeners: ${first.listeners}, then ${last.listeners}`;
    if (this.#rests.length < fewestRounds) return undefined;
    const grown = lateGrowth(this.#samples(({ heapBytes }) => heapBytes));
    return grown > mostHeapGrowth ? `the JS heap grew by ${(100 * grown).toFixed(1)} % in its last third` : undefined;
  }

  /** First, last and growth per hour of each quantity at rest. */
  table(): string {
    const quantities = {
      'JS heap, kB': (rest: Rest) => rest.heapBytes / 1024,
      'GPU objects': ({ holdings }: Rest) => holdings.gpuObjects + holdings.forgottenGpuObjects,
      'GPU devices': ({ holdings }: Rest) => holdings.devices,
      'enhancements and videos held': ({ held }: Rest) => held,
      'open VideoFrames': ({ holdings }: Rest) => holdings.openVideoFrames,
      canvases: ({ holdings }: Rest) => holdings.canvases,
      'DOM nodes': ({ nodes }: Rest) => nodes,
      listeners: ({ listeners }: Rest) => listeners,
    };
    const rows = Object.entries(quantities).map(([name, of]) => {
      const samples = this.#samples(of);
      const [first, last] = [samples[0]?.value ?? 0, samples.at(-1)?.value ?? 0];
      const late = (100 * lateGrowth(samples)).toFixed(1);
      return `${name}: ${first.toFixed(0)}, then ${last.toFixed(0)}; ${growthPerHour(samples).toFixed(0)} an hour; late ${late} %`;
    });
    const heap = this.#rests.map(({ rest }) => (rest.heapBytes / 1024).toFixed(0)).join(' ');
    return [`at rest, ${this.#rests.length} times:`, ...rows, `JS heap round by round, kB: ${heap}`].join('\n');
  }

  /** One a line, as many as a round has. */
  lastActions(): string {
    const from = Math.max(0, this.actions.length - 15);
    return this.actions
      .map((action, i) => `${i + 1} ${JSON.stringify(action)}`)
      .slice(from)
      .join('\n');
  }
}
