/** Ends the task at hand and goes on in another, so that the page may answer and draw in between. */
export function breathe(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } }; // Not in the DOM types yet.
  if (scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    // A timer would wait for 4 ms each time (HTML §8.6), and for a second where the page is hidden.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
