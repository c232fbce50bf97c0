/** Milliseconds that a turn of the event loop sleeps while something is waited for. */
const sleepMs = 0.2;

const cell = new Int32Array(new SharedArrayBuffer(4));
let waiting = 0;
let isTurning = false;

function turn(): void {
  isTurning = waiting > 0;
  if (!isTurning) return;
  Atomics.wait(cell, 0, 0, sleepMs);
  setImmediate(turn);
}

type Wait = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function sleepy(wait: Wait): Wait {
  return function (...args) {
    const result = wait.apply(this, args);
    waiting++;
    if (!isTurning) turn();
    const end = (): void => void waiting--;
    result.then(end, end);
    return result;
  };
}

let isDone = false;

/**
 * Dawn for Node asks what has come in each turn of the event loop, so that waiting keeps a core busy, one of those that a software GPU computes on:
 * where there are two, that takes 1.7 times as long. After this, turns sleep a little while a queue or a buffer is waited for.
 */
export function sleepWhileWaiting(): void {
  if (isDone) return;
  isDone = true;
  for (const [prototype, name] of [
    [GPUQueue.prototype, 'onSubmittedWorkDone'],
    [GPUBuffer.prototype, 'mapAsync'],
  ] as const)
    Reflect.set(prototype, name, sleepy(Reflect.get(prototype, name) as Wait)); // Both are asynchronous methods.
}
