import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { RtspCamera } from '../../../e2e/rtsp-camera.js';
import { Gateway } from '../gateway.js';

/** Sends a test picture to the camera, a key frame a second. */
function show(camera: RtspCamera, size: string): ChildProcess {
  const input = ['-re', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=15`];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-pix_fmt', 'yuv420p'];
  const to = ['-bsf:v', 'dump_extra', '-f', 'rtp', `rtp://127.0.0.1:${camera.rtpPort}?pkt_size=1200`];
  return spawn('ffmpeg', ['-v', 'error', ...input, ...x264, ...to], { stdio: 'ignore' });
}

async function end(process: ChildProcess): Promise<void> {
  const closed = once(process, 'close');
  process.kill('SIGKILL');
  await closed;
}

test('a camera whose password has any characters, and whose picture changes its size: a discontinuity, no reconnection', {
  timeout: 90_000,
}, async ({ skip }) => {
  const [user, password] = ['us er', 'p@ss:w/r#d?%é'];
  const camera = await RtspCamera.start(user, password);
  if (!camera) return skip("GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0) is not installed");
  const log: string[] = [];
  let picture = show(camera, '160x90');
  const gateway = await Gateway.start({
    httpPort: 0,
    rtmpPort: 0,
    cameras: new Map([['door', camera.url.replace('rtsp://', `rtsp://${user}:${password}@`)]]),
    log: (line) => log.push(line),
  });
  try {
    const playlist = async () => (await fetch(`http://127.0.0.1:${gateway.httpPort}/door/index.m3u8`)).text();
    await expect.poll(playlist, { timeout: 40_000 }).toMatch(/init-0\.mp4"[\s\S]*EXTINF/);
    await end(picture);
    picture = show(camera, '90x160');
    await expect
      .poll(playlist, { timeout: 40_000 })
      .toMatch(/init-0\.mp4"[\s\S]*DISCONTINUITY\n#EXT-X-MAP:URI="init-1\.mp4"[\s\S]*EXTINF/);
    expect(log.join('\n')).toContain('h264');
    expect(log.join('\n')).not.toMatch(/lost|p@ss|p%40ss/);
  } finally {
    await end(picture);
    await gateway.close();
    await camera.stop();
  }
});
