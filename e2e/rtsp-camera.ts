import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// The system's own Python has GStreamer's bindings, if any has.
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** An RTSP camera on this machine. */
export class RtspCamera {
  readonly url: string;
  /** RTP with H.264 goes here. */
  readonly rtpPort: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, rtspPort: number, rtpPort: number) {
    this.#process = process;
    this.url = `rtsp://127.0.0.1:${rtspPort}/camera`;
    this.rtpPort = rtpPort;
  }

  /**
   * Undefined where GStreamer's RTSP server is not installed.
   *
   * @param user its name and password; `url` has neither
   */
  static async start(...user: readonly string[]): Promise<RtspCamera | undefined> {
    const script = fileURLToPath(new URL('setup/rtsp-camera.py', import.meta.url));
    const process = spawn(python, [script, ...user], { stdio: ['pipe', 'pipe', 'pipe'] });
    let words = '';
    process.stderr.on('data', (bytes) => {
      words += bytes;
    });
    const missing = new Promise<undefined>((resolve, reject) => {
      process.once('error', () => resolve(undefined));
      process.once('close', (code) => (code === 3 ? resolve(undefined) : reject(new Error(words))));
    });
    missing.catch(() => {}); // After the start, the test itself sees what is missing.
    const line = await Promise.race([
      missing,
      new Promise<string>((resolve) => createInterface(process.stdout).once('line', resolve)),
    ]);
    if (line === undefined) return undefined;
    const [rtspPort = 0, rtpPort = 0] = line.split(' ').map(Number);
    return new RtspCamera(process, rtspPort, rtpPort);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGKILL');
    await closed;
  }
}
