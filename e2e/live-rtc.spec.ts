import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, liveLaunchOptions, test } from './live-fixtures.js';
import type {} from './pages/live.js'; // For the types of `window`.

test.use({ launchOptions: liveLaunchOptions });

async function openPage(page: Page): Promise<void> {
  await page.goto('/e2e/pages/live.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
}

for (const withProcessor of [true, false])
  test(`a camera's track is enhanced on a canvas, ${withProcessor ? 'read by itself' : 'through a <video> where tracks cannot be read'}`, async ({
    page,
  }) => {
    await openPage(page);
    const result = await page.evaluate(async (withProcessor) => {
      if (!withProcessor) Reflect.deleteProperty(window, 'MediaStreamTrackProcessor');
      const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 90, frameRate: 10 } });
      const [track] = camera.getVideoTracks();
      if (!track) throw new Error('no camera');
      const enhanced = await window.live.enhance(camera);
      const taken = await window.live.enhance(track).catch((thrown) => thrown.code);
      const times = await window.live.frames(5);
      const { state, sourceSize, tier } = enhanced.stats;
      enhanced.dispose();
      const live = track.readyState;
      // A track that is not taken any more can be enhanced again; its end is told.
      const again = await window.live.enhance(track);
      const failed = window.live.reached('failed');
      track.stop();
      if (!withProcessor) track.dispatchEvent(new Event('ended')); // As the browser does where it was not the page that stopped it.
      await failed;
      const late = await window.live.enhance(track).catch((thrown) => thrown.code);
      const why = again.why?.code;
      again.dispose();
      const ended = await window.live.enhance(track).catch((thrown) => thrown.code);
      const audio = await window.live.enhance(new MediaStream()).catch((thrown) => thrown.code);
      return {
        taken,
        rising: times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0)),
        state,
        sourceSize,
        tier,
        live,
        why,
        late,
        ended,
        audio,
      };
    }, withProcessor);
    expect(result).toEqual({
      taken: 'video-taken',
      rising: true,
      state: 'running',
      sourceSize: { width: 160, height: 90 },
      tier: 'S',
      live: 'live',
      why: 'track-ended',
      late: 'video-taken',
      ended: 'track-ended',
      audio: 'source-format',
    });
  });

/** Opens a page that sends `enhanced.captureStream()` of a drawn track through a peer connection to a `<video>`. */
async function sendEnhanced(page: Page, renderer: 'webgpu' | 'webgl'): Promise<void> {
  await page.evaluate(async (renderer) => {
    const drawn = document.createElement('canvas');
    [drawn.width, drawn.height] = [160, 90];
    const context = drawn.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    const draw = () => {
      context.fillStyle = '#203040';
      context.fillRect(0, 0, 160, 90);
      context.lineWidth = 1.5;
      for (let i = 0; i < 24; i++) {
        context.strokeStyle = i % 2 ? '#f0e0c0' : '#80c0ff';
        context.beginPath();
        context.moveTo(8 * i - 20, 90);
        context.lineTo(8 * i + 40, 0);
        context.stroke();
      }
      context.fillStyle = 'white';
      context.font = '20px sans-serif';
      context.fillText('Vitreous', 40, 50);
    };
    draw();
    setInterval(draw, 100);
    const enhanced = await window.live.enhance(drawn.captureStream(10), { renderer });
    const stream = enhanced.captureStream();
    const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
    from.addEventListener('icecandidate', ({ candidate }) => candidate && void to.addIceCandidate(candidate));
    to.addEventListener('icecandidate', ({ candidate }) => candidate && void from.addIceCandidate(candidate));
    const { video } = window.live;
    to.addEventListener('track', ({ track }) => {
      video.srcObject = new MediaStream([track]);
      void video.play();
    });
    for (const track of stream.getTracks()) from.addTrack(track, stream);
    await from.setLocalDescription();
    if (from.localDescription) await to.setRemoteDescription(from.localDescription);
    await to.setLocalDescription();
    if (to.localDescription) await from.setRemoteDescription(to.localDescription);
    const [sender] = from.getSenders();
    const parameters = sender?.getParameters();
    for (const encoding of parameters?.encodings ?? []) encoding.maxBitrate = 8_000_000;
    if (parameters) parameters.degradationPreference = 'maintain-resolution';
    if (parameters) await sender?.setParameters(parameters);
    while (video.videoWidth !== 320) await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  }, renderer);
}

/** The enhanced picture, kept in the page: RGBA bytes of 320x180. */
function enhancedPicture(page: Page) {
  return page.evaluateHandle(async () => {
    const { enhanced } = window.live;
    if (!enhanced) throw new Error('not enhanced yet');
    const context = new OffscreenCanvas(320, 180).getContext('2d');
    context?.drawImage(await createImageBitmap(await enhanced.snapshot()), 0, 0, 320, 180);
    return context?.getImageData(0, 0, 320, 180).data ?? new Uint8ClampedArray();
  });
}

/** Mean absolute difference of a channel, received against `picture`. */
function distanceTo(page: Page, picture: Awaited<ReturnType<typeof enhancedPicture>>): Promise<number> {
  return page.evaluate((own) => {
    const context = new OffscreenCanvas(320, 180).getContext('2d', { willReadFrequently: true });
    context?.drawImage(window.live.video, 0, 0, 320, 180);
    const received = context?.getImageData(0, 0, 320, 180).data ?? [];
    let sum = 0;
    for (let i = 0; i < own.length; i++) if (i % 4 < 3) sum += Math.abs((received[i] ?? 0) - (own[i] ?? 0));
    return sum / ((own.length * 3) / 4);
  }, picture);
}

for (const withGenerator of [true, false])
  test(`captureStream sends the enhanced picture, and native frames while it is off${withGenerator ? '' : ', in WebGL and without MediaStreamTrackGenerator'}`, async ({
    page,
  }) => {
    await openPage(page);
    if (!withGenerator) await page.evaluate(() => void Reflect.deleteProperty(window, 'MediaStreamTrackGenerator'));
    await sendEnhanced(page, withGenerator ? 'webgpu' : 'webgl');
    const own = await enhancedPicture(page);
    // Encoders begin coarsely and come near: the picture stands still.
    const distance = () => distanceTo(page, own);
    let enhancedDistance = Number.POSITIVE_INFINITY;
    await expect
      .poll(async () => {
        enhancedDistance = Math.min(enhancedDistance, await distance());
        return enhancedDistance;
      })
      .toBeLessThan(4);
    await page.evaluate(async () => {
      const { enhanced, video } = window.live;
      if (enhanced) enhanced.enabled = false;
      for (let i = 0; i < 8; i++) await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    });
    const nativeDistance = await distance();
    const size = await page.evaluate(() => [window.live.video.videoWidth, window.live.video.videoHeight]);
    console.log(
      `mean difference to the enhanced picture: ${enhancedDistance.toFixed(2)} on, ${nativeDistance.toFixed(2)} off`,
    );
    expect(size).toEqual([320, 180]);
    // Another picture than the enhanced one goes out by now, and goes on.
    expect(nativeDistance).toBeGreaterThan(enhancedDistance * 1.5);
    await page.evaluate(async () => {
      const { enhanced, video } = window.live;
      if (enhanced) enhanced.enabled = true;
      await window.live.reached('running');
      for (let i = 0; i < 4; i++) await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    });
    await expect.poll(distance).toBeLessThan((enhancedDistance + nativeDistance) / 2);
    const states = await page.evaluate(() => {
      const stream = window.live.enhanced?.captureStream(5);
      window.live.enhanced?.dispose();
      let code: unknown;
      try {
        window.live.enhanced?.captureStream();
      } catch (thrown) {
        code = thrown instanceof window.live.vitreous.VitreousError && thrown.code;
      }
      return [stream?.getVideoTracks()[0]?.readyState, code];
    });
    expect(states).toEqual(['ended', 'disposed']);
  });

test('a picture that goes to a texture alone can be captured; a frame rate is kept, a bad one refused', async ({
  page,
}) => {
  await openPage(page);
  const result = await page.evaluate(async () => {
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 90, frameRate: 20 } });
    const enhanced = await window.live.enhance(camera, { output: 'texture' });
    const refused = (() => {
      try {
        return enhanced.captureStream(0).id;
      } catch (thrown) {
        return String(thrown);
      }
    })();
    const { video } = window.live;
    video.srcObject = enhanced.captureStream(5);
    await video.play();
    const times: number[] = [];
    while (times.length < 6)
      await new Promise<void>((resolve) => {
        video.requestVideoFrameCallback((_now, { mediaTime }) => {
          times.push(mediaTime);
          resolve();
        });
      });
    // A black picture has no spread.
    const context = new OffscreenCanvas(32, 18).getContext('2d');
    context?.drawImage(video, 0, 0, 32, 18);
    const levels = [...(context?.getImageData(0, 0, 32, 18).data ?? [])].filter((_, i) => i % 4 === 1);
    return {
      refused,
      state: enhanced.state,
      size: [video.videoWidth, video.videoHeight],
      seconds: (times.at(-1) ?? 0) - (times[0] ?? 0),
      spread: Math.max(...levels) - Math.min(...levels),
    };
  });
  expect(result).toMatchObject({ state: 'running', size: [320, 180] });
  expect(result.refused).toMatch(/^TypeError: frameRate must be a number above 0/);
  expect(result.spread).toBeGreaterThan(50);
  // Five intervals of a fifth of a second, less what frames come early.
  expect(result.seconds).toBeGreaterThan(0.9);
});

test('WHEP: what goes wrong has a code', async ({ page, startGateway }) => {
  const gateway = await startGateway();
  await openPage(page);
  await page.route('**/nonsense', (route) => route.fulfill({ status: 201, body: 'no SDP' }));
  await page.route('**/silent', () => {});
  await page.route('**/nowhere', (route) => route.abort('connectionrefused'));
  const codes = await page.evaluate(async (missing) => {
    const codeOf = (url: string, timeoutMs?: number) =>
      window.live.connectWhep(url, { timeoutMs }).then(
        () => 'connected',
        (thrown) => thrown.code ?? String(thrown),
      );
    const stop = AbortSignal.abort('enough');
    const aborted = await window.live.connectWhep('/silent', { signal: stop }).catch((thrown) => thrown);
    return [
      await codeOf(missing),
      await codeOf('/nonsense'),
      await codeOf('/nowhere'),
      await codeOf('/silent', 1500),
      aborted,
    ];
  }, `http://127.0.0.1:${gateway.httpPort}/nobody/whep`);
  expect(codes).toEqual(['whep-http', 'whep-answer', 'whep-network', 'whep-network', 'enough']);
});

test('the example of a camera that is enhanced before it is sent records it', async ({ page }) => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  expect(read('docs/live.md')).toContain(`\n\`\`\`ts\n${read('demo/examples/publish.ts')}\`\`\`\n`);
  // The first piece is the container's header, or a part of it.
  const pattern = /^running video\/\S+ \d{4,}$/;
  const recorded = page.waitForEvent('console', { predicate: (message) => pattern.test(message.text()) });
  await page.goto('/demo/examples/publish.html?software');
  await recorded;
});
