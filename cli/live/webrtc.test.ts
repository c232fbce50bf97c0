import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gateway } from './gateway.js';
import { cut, picture, together, tone } from './testing/media.js';
import { RtmpClient } from './testing/rtmp-client.js';
import { WhepClient, WhipClient } from './testing/webrtc-clients.js';

let gateway: Gateway;
const log: string[] = [];

beforeAll(async () => {
  const options = { httpPort: 0, rtmpPort: 0, webRtcAddresses: ['127.0.0.1'] };
  gateway = await Gateway.start({ ...options, log: (line) => log.push(line) });
});
afterAll(() => gateway.close());

const url = (path: string) => `http://127.0.0.1:${gateway.httpPort}/${path}`;

/** No packet is missing, and time goes on. */
function expectOneStream({ packets }: WhepClient): void {
  expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  const steps = packets.slice(1).map((packet, i) => ({
    sequence: (packet.sequence - (packets[i]?.sequence ?? 0)) & 0xffff,
    ticks: (packet.timestamp - (packets[i]?.timestamp ?? 0)) | 0,
  }));
  expect(steps.filter(({ sequence }) => sequence !== 1)).toEqual([]);
  expect(steps.filter(({ ticks }) => ticks < 0 || ticks > 90_000 * 3)).toEqual([]);
}

test('RTMP that changes its size in mid-stream: who watches by WHEP stays, and gets it as one stream', {
  timeout: 60_000,
}, async () => {
  const sound = tone(1, 44_100);
  const publisher = await RtmpClient.publish(gateway.rtmpPort, 'turned');
  const viewer = new WhepClient();
  let atMs = 0;
  /** Second by second, until the viewer has seen so many parameter sets. */
  const sendUntil = async (sets: number, size: string) => {
    const second = picture(size, 1, 25);
    for (; viewer.sets.length < sets; atMs += 1000)
      await publisher.send(together(cut(second, 0, 1000, atMs), cut(sound, 0, 1000, atMs)), 1);
  };
  const watching = viewer.watch(url('turned/whep'));
  await sendUntil(1, '160x90');
  await watching;
  await sendUntil(2, '90x160');
  expect(viewer.peer.connectionState).toBe('connected');
  expectOneStream(viewer);
  await publisher.close();
  await expect.poll(() => log.join('\n')).toMatch(/turned: viewer 127\.0\.0\.1:\d+ left: the source has gone/);
  await viewer.peer.close();
});

test('WHIP that changes its size, begins and ends its sound: each a discontinuity in HLS, one stream by WHEP', {
  timeout: 60_000,
}, async () => {
  const publisher = new WhipClient();
  await publisher.publish(url('whip/camera'));
  await publisher.show('160x90');
  const viewer = new WhepClient();
  await viewer.watch(url('camera/whep'));
  const playlist = async () => (await fetch(url('camera/index.m3u8'))).text();
  await expect.poll(playlist, { timeout: 30_000 }).toMatch(/init-0\.mp4"[\s\S]*EXTINF/);
  await expect.poll(() => viewer.sets.length, { timeout: 30_000 }).toBe(1);
  await publisher.show('90x160');
  await expect.poll(playlist, { timeout: 30_000 }).toMatch(/DISCONTINUITY\n#EXT-X-MAP:URI="init-1\.mp4"[\s\S]*EXTINF/);
  await expect.poll(() => viewer.sets.length, { timeout: 30_000 }).toBe(2);
  const sound = async () => {
    const list: { name: string; codecs?: { audio?: string } }[] = await (await fetch(url(''))).json();
    return list.find(({ name }) => name === 'camera')?.codecs?.audio;
  };
  expect(await sound()).toBeUndefined();
  await publisher.sound();
  await expect.poll(sound, { timeout: 30_000 }).toBe('opus');
  await publisher.hush();
  await expect.poll(sound, { timeout: 30_000 }).toBeUndefined();
  expect(await playlist()).toMatch(/init-3\.mp4/);
  expectOneStream(viewer);
  await publisher.close();
  await viewer.peer.close();
  await expect
    .poll(() => log.join('\n'), { timeout: 30_000 })
    .toMatch(/camera: WHIP from 127\.0\.0\.1:\d+ has gone: it stopped publishing/);
});
