// What is heard, to the sample, beside what a source says at the time.

/** A moment of a recording. */
export interface Moment {
  /** The context's time, seconds. */
  readonly contextSeconds: number;
  readonly currentTime: number;
}

export interface Recording {
  /** Every 10 ms: the loudest of the tones looked for, Hz, 0 for silence, and how loud it is. */
  readonly tones: readonly { readonly contextSeconds: number; readonly hz: number; readonly level: number }[];
  readonly moments: readonly Moment[];
  readonly latencySeconds: number;
}

const recorder = `registerProcessor('recorder', class extends AudioWorkletProcessor {
  process([input]) {
    this.port.postMessage({ frame: currentFrame, samples: input[0]?.slice() ?? new Float32Array(128) });
    return true;
  }
});`;

/** How much of a tone is in some samples, as the amplitude of a sine. */
function levelOf(samples: Float32Array, hz: number, sampleRate: number): number {
  let [re, im] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    re += sample * Math.cos((2 * Math.PI * hz * i) / sampleRate);
    im += sample * Math.sin((2 * Math.PI * hz * i) / sampleRate);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

export class SoundRecorder {
  readonly node: AudioNode;
  readonly #context: AudioContext;
  readonly #blocks: { frame: number; samples: Float32Array }[] = [];

  private constructor(context: AudioContext, node: AudioWorkletNode) {
    this.#context = context;
    this.node = node;
    node.port.onmessage = ({ data }) => this.#blocks.push(data);
  }

  static async open(context: AudioContext): Promise<SoundRecorder> {
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([recorder], { type: 'text/javascript' })));
    const node = new AudioWorkletNode(context, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
    node.connect(context.destination);
    return new SoundRecorder(context, node);
  }

  /** Records until the action is over. Tones that are looked for: second k of a film, at a rate. */
  async record(
    source: { readonly currentTime: number },
    rate: number,
    action: () => Promise<void>,
  ): Promise<Recording> {
    const moments: Moment[] = [];
    const note = () => moments.push({ contextSeconds: this.#context.currentTime, currentTime: source.currentTime });
    const timer = setInterval(note, 4);
    this.#blocks.length = 0;
    await action();
    clearInterval(timer);
    return { tones: this.#tones(rate), moments, latencySeconds: this.#context.outputLatency || 0 };
  }

  #tones(rate: number): Recording['tones'] {
    const { sampleRate } = this.#context;
    const perWindow = 4; // Blocks of 128 samples: 10.7 ms.
    const tones: { contextSeconds: number; hz: number; level: number }[] = [];
    for (let at = 0; at + perWindow <= this.#blocks.length; at += perWindow) {
      const blocks = this.#blocks.slice(at, at + perWindow);
      const samples = Float32Array.from(blocks.flatMap((block) => [...block.samples]));
      const found = [400, 600, 800, 1000]
        .map((hz) => ({ hz: hz * rate, level: levelOf(samples, hz * rate, sampleRate) }))
        .reduce((loudest, tone) => (tone.level > loudest.level ? tone : loudest));
      const contextSeconds = ((blocks[0]?.frame ?? 0) + samples.length / 2) / sampleRate;
      tones.push({ contextSeconds, level: found.level, hz: found.level > 0.02 ? found.hz : 0 });
    }
    return tones;
  }
}
