import { clip } from './clips.js';
import { fault } from './fault.js';
import { expect, test } from './fixtures.js';
import { openPlayer } from './player.js';
import { spyOnGpu, spyOnListeners } from './spies.js';

const size = { width: 128, height: 72 };

test('steady frames make no GPU object but the external texture, its bind group and the command buffer', {
  tag: '@chromium',
}, async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, 'long', size);
  const { frames, calls } = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    await window.video.play();
    await window.nextFrame(3);
    const before = { ...window.gpuCalls };
    const shown = enhanced.stats.framesShown;
    await window.nextFrame(30);
    const calls: Record<string, number> = {};
    for (const [name, count] of Object.entries(window.gpuCalls)) {
      const made = count - (before[name] ?? 0);
      if (made > 0) calls[name] = made;
    }
    return { frames: enhanced.stats.framesShown - shown, calls };
  });
  const { mapAsync = 0, ...perFrame } = calls;
  expect(frames).toBeGreaterThanOrEqual(30);
  // The encoder becomes the command buffer; the view is of the canvas's own texture.
  expect(perFrame).toEqual({
    importExternalTexture: frames,
    createBindGroup: frames,
    createCommandEncoder: frames,
    createView: frames,
    submit: frames,
  });
  // GPU times are read a few times a second, not a frame.
  expect(mapAsync).toBeLessThan(frames);
});

test('every GPU object has a label', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, 'long', size);
  const { made, unlabelled } = await page.evaluate(async () => {
    await window.enhanceVideo();
    await window.video.play();
    await window.nextFrame(2);
    return { made: Object.keys(window.gpuCalls), unlabelled: window.unlabelledGpuCalls };
  });
  expect(made).toContain('createComputePipelineAsync');
  expect(unlabelled).toEqual([]);
});

test('dispose leaves the page and the device as they were', async ({ page }) => {
  await spyOnGpu(page);
  await spyOnListeners(page);
  await openPlayer(page, 'long', size);
  const left = await page.evaluate(async () => {
    const html = () => document.querySelector('#player')?.innerHTML;
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter?.requestDevice();
    if (!device) throw new Error('no device');
    const before = { html: html(), listeners: window.liveListeners(), objects: window.liveGpuObjects() };
    const rounds = [];
    for (let round = 0; round < 3; round++) {
      const enhanced = await window.enhanceVideo({ device });
      await window.video.play();
      await window.nextFrame(2);
      const during = window.everywhere('canvas').length;
      enhanced.dispose();
      enhanced.dispose();
      rounds.push({
        during,
        state: enhanced.state,
        same: html() === before.html,
        listeners: window.liveListeners().length - before.listeners.length,
        objects: window.liveGpuObjects() - before.objects,
        paused: window.video.paused,
      });
    }
    // A borrowed device is still the caller's: it works on.
    device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST }).destroy();
    const lost = await Promise.race([
      device.lost.then(() => true),
      device.queue.onSubmittedWorkDone().then(() => false),
    ]);
    return { rounds, lost };
  });
  const clean = { during: 1, state: 'disposed', same: true, listeners: 0, objects: 0, paused: false };
  expect(left).toEqual({ rounds: [clean, clean, clean], lost: false });
});

test('an owned device is destroyed with the enhancement', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, '64x36', size);
  const reason = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    enhanced[Symbol.dispose]();
    return (await window.gpuDevices[0]?.lost)?.reason;
  });
  expect(reason).toBe('destroyed');
});

test('enabled false shows the native video and stops all work, true brings it back', async ({ page }) => {
  await spyOnGpu(page);
  await openPlayer(page, 'long', size);
  const result = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo();
    await window.video.play();
    await window.nextFrame(2);
    enhanced.enabled = false;
    const submits = window.gpuCalls.submit;
    for (let i = 0; i < 3; i++) await new Promise((resolve) => window.video.requestVideoFrameCallback(resolve));
    const off = {
      state: enhanced.state,
      visibility: getComputedStyle(enhanced.canvas).visibility,
      submits: (window.gpuCalls.submit ?? 0) - (submits ?? 0),
    };
    enhanced.enabled = true;
    await window.reached('running');
    return { off, on: getComputedStyle(enhanced.canvas).visibility };
  });
  expect(result).toEqual({ off: { state: 'off', visibility: 'hidden', submits: 0 }, on: 'visible' });
});

fault('page', 'a second enhancement of one video', '`video-taken`, until the first is disposed', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  const codes = await page.evaluate(async () => {
    const codeOf = (thrown: unknown) =>
      thrown instanceof window.vitreous.VitreousError ? thrown.code : String(thrown);
    const first = window.enhanceVideo();
    const whileStarting = await window.enhanceVideo().catch(codeOf);
    const enhanced = await first;
    const whileRunning = await window.enhanceVideo().catch(codeOf);
    enhanced.dispose();
    const again = await window.enhanceVideo();
    return [whileStarting, whileRunning, again.state];
  });
  expect(codes).toEqual(['video-taken', 'video-taken', 'running']);
});

test('bad options are refused before anything happens', async ({ page }) => {
  await openPlayer(page, '64x36', size);
  const messages = await page.evaluate(async () => {
    const messageOf = (thrown: unknown) => (thrown instanceof TypeError ? thrown.message : String(thrown));
    const atStart = await window.vitreous.enhance(window.video, { compare: 2 }).catch(messageOf);
    const noVideo = await window.vitreous.enhance({} as HTMLVideoElement).catch(messageOf);
    const enhanced = await window.enhanceVideo();
    let whileRunning = '';
    try {
      enhanced.set({ upscale: { quality: 'XXL' as 'S' } });
    } catch (thrown) {
      whileRunning = messageOf(thrown);
    }
    return [atStart, noVideo, whileRunning, enhanced.state];
  });
  expect(messages).toEqual([
    'options.compare must be a number from 0 to 1 or false, got 2',
    'enhance needs a <video>, a video track, a stream or a frame source, got [object Object]',
    expect.stringMatching(/^options\.upscale\.quality must be 'auto', 'S', 'M'.* or \{ manifestUrl \}, got 'XXL'$/),
    'running',
  ]);
});

test.describe('abort', () => {
  const steps = ['before', 'device', 'weights', 'first frame', 'running'] as const;
  for (const step of steps)
    test(`at '${step}' ends with the reason and leaves nothing`, async ({ page }) => {
      await spyOnGpu(page);
      await spyOnListeners(page);
      await openPlayer(page, '64x36', size);
      const noVideo = step === 'first frame';
      if (step === 'weights') await page.route('**/weights.safetensors', () => {}); // Never answers.
      const result = await page.evaluate(
        async ([at, empty]) => {
          if (empty) {
            window.video.removeAttribute('src');
            window.video.load();
          }
          const before = window.liveListeners().length;
          const controller = new AbortController();
          const reason = new Error('enough');
          const abort = () => controller.abort(reason);
          const requestAdapter = GPU.prototype.requestAdapter;
          if (at === 'device')
            GPU.prototype.requestAdapter = function (options) {
              abort();
              return requestAdapter.call(this, options);
            };
          if (at === 'weights') {
            const { fetch } = window;
            window.fetch = (input, init) => {
              const answer = fetch(input, init);
              abort();
              return answer;
            };
          }
          if (at === 'before') abort();
          const pending = window.enhanceVideo({
            signal: controller.signal,
            onProgress: ({ phase }) => at === 'first frame' && phase === 'compile' && queueMicrotask(abort),
          });
          let outcome: string;
          try {
            const enhanced = await pending;
            abort();
            outcome = enhanced.state;
          } catch (thrown) {
            outcome = thrown === reason ? 'the reason' : String(thrown);
          }
          // Owned devices are destroyed with everything on them.
          const lost = await Promise.all(window.gpuDevices.map((device) => device.lost.then((loss) => loss.reason)));
          return {
            outcome,
            canvases: window.everywhere('canvas').length,
            listeners: window.liveListeners().length - before,
            devices: lost.filter((why) => why !== 'destroyed'),
          };
        },
        [step, noVideo] as const,
      );
      expect(result).toEqual({
        outcome: step === 'running' ? 'disposed' : 'the reason',
        canvases: 0,
        listeners: 0,
        devices: [],
      });
    });
});

fault('media', 'the source switched while starting', 'the new one is enhanced', async ({ page }) => {
  await openPlayer(page, '64x36', { width: 256, height: 144 });
  const stats = await page.evaluate(
    async (url) => {
      const pending = window.enhanceVideo();
      window.video.src = url;
      return (await pending).stats;
    },
    await clip('96x54'),
  );
  expect(stats).toMatchObject({ state: 'running', sourceSize: { width: 96, height: 54 } });
});

test('a report is JSON that says how it stands and how it came there, and holds no prompt', async ({ page }) => {
  await openPlayer(page, 'long', size);
  const report = await page.evaluate(async () => {
    const enhanced = await window.enhanceVideo({ upscale: { quality: 'S', force: true } });
    window.video.style.width = '60px';
    await window.reached('bypassed');
    enhanced.dispose();
    return JSON.parse(JSON.stringify(enhanced.report()));
  });
  expect(report).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    settings: { upscale: { quality: 'S' }, detect: false, highlight: 'outline' },
    stats: { state: 'disposed' },
    video: { videoWidth: 64, videoHeight: 36 },
  });
  const events: { type: string; from?: string; to?: string; code?: string; atMs: number }[] = report.events;
  const times = events.map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(events.filter(({ type }) => type === 'statechange').map(({ to }) => to)).toEqual(
    expect.arrayContaining(['running', 'bypassed', 'disposed']),
  );
  expect(events.find(({ type }) => type === 'fallback')?.code).toBe('display-not-larger');
});
