const wgsl = `
  @group(0) @binding(0) var<storage, read> rounds: u32;
  @group(0) @binding(1) var<storage, read_write> result: u32;
  @compute @workgroup_size(1) fn main() {
    var x = result;
    for (var i = 0u; i < rounds; i++) { x = x * 1664525u + 1013904223u; }
    result = x;
  }`;

const mostInFlight = 2;

/** Work of others on the same device, in front of each frame: a kernel of settable length, kept to it by its own timestamps. */
export class GpuLoad {
  /** GPU milliseconds of each `submit`; 0: none. */
  targetMs = 0;
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #bindGroup: GPUBindGroup;
  readonly #rounds: GPUBuffer;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #readback: GPUBuffer;
  #inFlight = 0;
  /** Refined by every measurement. */
  #roundsPerMs = 100_000;

  /** @param device with `timestamp-query` */
  constructor(device: GPUDevice) {
    this.#device = device;
    const label = 'load';
    const module = device.createShaderModule({ label, code: wgsl });
    this.#pipeline = device.createComputePipeline({ label, layout: 'auto', compute: { module } });
    this.#rounds = device.createBuffer({ label, size: 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    const result = device.createBuffer({ label, size: 4, usage: GPUBufferUsage.STORAGE });
    this.#bindGroup = device.createBindGroup({
      label,
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [this.#rounds, result].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    this.#queries = device.createQuerySet({ label, type: 'timestamp', count: 2 });
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#resolved = device.createBuffer({ label, size: 16, usage: QUERY_RESOLVE | COPY_SRC });
    this.#readback = device.createBuffer({ label, size: 16, usage: COPY_DST | MAP_READ });
  }

  /** Submits the work in front of each frame that the video presents from now on. */
  attach(video: HTMLVideoElement): void {
    const onFrame = (): void => {
      video.requestVideoFrameCallback(onFrame);
      this.submit();
    };
    video.requestVideoFrameCallback(onFrame);
  }

  /** Like any program it waits when the queue is too far behind. */
  submit(): void {
    if (this.targetMs === 0 || this.#inFlight >= mostInFlight) return;
    const rounds = Math.min(2 ** 32 - 1, Math.round(this.targetMs * this.#roundsPerMs));
    this.#device.queue.writeBuffer(this.#rounds, 0, Uint32Array.of(rounds));
    const encoder = this.#device.createCommandEncoder({ label: 'load' });
    const pass = encoder.beginComputePass({
      label: 'load',
      timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup);
    pass.dispatchWorkgroups(1);
    pass.end();
    const measured = this.#readback.mapState === 'unmapped';
    if (measured) {
      encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
      encoder.copyBufferToBuffer(this.#resolved, 0, this.#readback, 0, 16);
    }
    this.#device.queue.submit([encoder.finish()]);
    this.#inFlight++;
    void this.#device.queue.onSubmittedWorkDone().then(() => {
      this.#inFlight--;
    });
    if (measured) this.#calibrate(rounds);
  }

  /** Runs until the length is known well enough. */
  async warmUp(ms: number): Promise<void> {
    this.targetMs = ms;
    for (let i = 0; i < 4; i++) {
      this.submit();
      await this.#device.queue.onSubmittedWorkDone();
      while (this.#readback.mapState !== 'unmapped') await new Promise((resolve) => setTimeout(resolve));
    }
    this.targetMs = 0;
  }

  async #calibrate(rounds: number): Promise<void> {
    await this.#readback.mapAsync(GPUMapMode.READ);
    const [begin = 0n, end = 0n] = new BigUint64Array(this.#readback.getMappedRange());
    this.#readback.unmap();
    const ms = Number(end - begin) / 1e6;
    // Half of the way: a measurement that was disturbed is not believed at once.
    if (ms > 0) this.#roundsPerMs *= Math.min(4, Math.max(0.25, rounds / ms / this.#roundsPerMs)) ** 0.5;
  }
}
