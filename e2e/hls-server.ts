import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('hls-origin.mjs', import.meta.url));
/** Where the ladder's files are. */
export const ladderFolder = fileURLToPath(new URL('.cache', import.meta.url));

/** An HLS origin in a process of its own, on a free port of the loopback interface. */
export class HlsServer {
  readonly #epochMs: number;
  #port = 0;
  #process: ChildProcess | undefined;

  /** @param playedSeconds how long the live streams have been running already */
  constructor(playedSeconds = 8) {
    this.#epochMs = Date.now() - playedSeconds * 1000;
  }

  /** Address of a master playlist. */
  url(stream: 'vod' | 'live' | 'll'): string {
    return `http://127.0.0.1:${this.#port}/${stream}/master.m3u8`;
  }

  /** Starts it, on the port of before if there was one. */
  async start(): Promise<void> {
    const origin = spawn(process.execPath, [script, String(this.#port), String(this.#epochMs), ladderFolder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#process = origin;
    const ended = once(origin, 'exit').then(([code]) => {
      throw new Error(`the origin ended with exit code ${code}`);
    });
    const [line] = await Promise.race([once(createInterface(origin.stdout), 'line'), ended]);
    ended.catch(() => {}); // Killed by the test, later.
    this.#port = Number(line);
  }

  /** As a crash: connections break off. */
  async kill(): Promise<void> {
    const origin = this.#process;
    this.#process = undefined;
    if (!origin || origin.exitCode !== null) return;
    const gone = once(origin, 'exit');
    origin.kill('SIGKILL');
    await gone;
  }
}
