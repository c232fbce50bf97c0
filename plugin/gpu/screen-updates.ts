/** How long a canvas's picture may be on its way once updates of the screen go on behind it; no event tells. */
const settleMs = 500;
/** A hidden page has no updates. */
const longestMs = 2000;

/** Calls back when what canvases were given by now is surely on screen: two updates of it and a moment later. */
export function afterScreenUpdates(call: () => void): void {
  if (typeof requestAnimationFrame === 'undefined') {
    call();
    return;
  }
  const update = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const updated = update()
    .then(update)
    .then(() => wait(settleMs));
  void Promise.race([updated, wait(longestMs)]).then(call);
}
