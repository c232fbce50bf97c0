/** How often work went to the GPU. */
export interface Calls {
  readonly submits: number;
  /** Dispatches of compute passes and draws of render passes. */
  readonly dispatches: number;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const submits: readonly (readonly [prototype: object, name: string])[] = [[GPUQueue.prototype, 'submit']];
const dispatches: readonly (readonly [prototype: object, name: string])[] = [
  [GPUComputePassEncoder.prototype, 'dispatchWorkgroups'],
  [GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect'],
  [GPURenderPassEncoder.prototype, 'draw'],
  [GPURenderPassEncoder.prototype, 'drawIndexed'],
  [GPURenderPassEncoder.prototype, 'drawIndirect'],
  [GPURenderPassEncoder.prototype, 'drawIndexedIndirect'],
];

/** Counts what anybody hands to the GPU while `work` runs, by wrapping WebGPU's own methods for that time. */
export function countCalls(work: () => void): Calls {
  const counts = { submits: 0, dispatches: 0 };
  const undo: (() => void)[] = [];
  const wrap = (prototype: object, name: string, kind: keyof typeof counts): void => {
    const original: Method = Reflect.get(prototype, name);
    Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
      counts[kind]++;
      return original.apply(this, args);
    });
    undo.push(() => Reflect.set(prototype, name, original));
  };
  for (const [prototype, name] of submits) wrap(prototype, name, 'submits');
  for (const [prototype, name] of dispatches) wrap(prototype, name, 'dispatches');
  try {
    work();
  } finally {
    for (const restore of undo) restore();
  }
  return counts;
}
