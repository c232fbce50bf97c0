import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gateway } from './gateway.js';
import { type AmfValue, encodeAmf } from './rtmp/amf.js';
import { cut, picture, together, tone } from './testing/media.js';
import { RtmpClient } from './testing/rtmp-client.js';

let gateway: Gateway;
const log: string[] = [];

beforeAll(async () => {
  gateway = await Gateway.start({ httpPort: 0, rtmpPort: 0, log: (line) => log.push(line) });
});
afterAll(() => gateway.close());

const url = (path: string) => `http://127.0.0.1:${gateway.httpPort}/${path}`;
const bytesOf = async (path: string) => Buffer.from(await (await fetch(url(path))).arrayBuffer());

/** The playlist once it has this. */
async function playlist(name: string, like: RegExp): Promise<string> {
  let text = '';
  await expect
    .poll(async () => (text = await (await fetch(url(`${name}/index.m3u8`))).text()), {
      timeout: 30_000,
      interval: 100,
    })
    .toMatch(like);
  return text;
}

/** Everything of a playlist behind each of its discontinuities, decoded: sizes of the pictures, codecs of all tracks, and what ffmpeg complained of. */
async function decoded(name: string, list: string) {
  const stretches = [];
  for (const stretch of list.split('#EXT-X-DISCONTINUITY\n')) {
    const init = /EXT-X-MAP:URI="(.+)"/.exec(stretch)?.[1];
    const segments = [...stretch.matchAll(/^\d+\.m4s$/gm)].map(([file]) => file);
    const media = await Promise.all([init, ...segments].map((file) => bytesOf(`${name}/${file}`)));
    const probe = (...args: string[]) =>
      spawnSync('ffprobe', ['-v', 'error', ...args, '-of', 'csv=p=0', '-i', 'pipe:0'], {
        input: Buffer.concat(media),
        encoding: 'utf8',
      });
    const frames = probe('-select_streams', 'v', '-show_entries', 'frame=width,height');
    const tracks = probe('-show_entries', 'stream=codec_name,sample_rate').stdout;
    const lines = (text: string) => [...new Set(text.split('\n').flatMap((line) => line.replace(/,$/, '') || []))];
    stretches.push({ sizes: lines(frames.stdout), tracks: lines(tracks), problems: frames.stderr });
  }
  return stretches;
}

test('a publisher that changes its picture, its sound and its time: each is a discontinuity that plays', {
  timeout: 60_000,
}, async () => {
  const [lying, upright] = [picture('160x90', 8, 25), picture('90x160', 8, 25)];
  const [low, high] = [tone(8, 44_100), tone(8, 48_000)];
  const hour = 3_600_000;
  const tags = [
    ...together(cut(lying, 0, 2000, 0), cut(low, 0, 2000, 0)),
    ...together(cut(upright, 0, 2000, 2000), cut(low, 2000, 4000, 2000)), // Turned.
    ...together(cut(upright, 2000, 4000, 4000), cut(high, 0, 2000, 4000)), // Another rate of sound.
    ...cut(upright, 4000, 8000, hour), // An hour later, and without sound.
    ...together(cut(upright, 0, 2000, 0), cut(high, 0, 2000, 0)), // Back to the beginning, with it.
    ...cut(lying, 0, 3000, 2000),
  ];
  const publisher = await RtmpClient.publish(gateway.rtmpPort, 'changes', { fourCcList: ['av01', 'hvc1'] });
  const metadata = { date: new Date(0).getTime(), keyframes: { times: [0, 1] }, text: 'x'.repeat(70_000) };
  publisher.data(encodeAmf('@setDataFrame', 'onMetaData', metadata));
  const sent = publisher.send(tags, 1);
  const turned = await playlist(
    'changes',
    /DISCONTINUITY\n#EXT-X-MAP:URI="init-1.mp4"[\s\S]*EXTINF[\s\S]*init-2.mp4"[\s\S]*EXTINF/,
  );
  const [first, second, third] = await decoded('changes', turned);
  expect(first).toEqual({ sizes: ['160,90'], tracks: ['h264', 'aac,44100'], problems: '' });
  expect(second).toEqual({ sizes: ['90,160'], tracks: ['h264', 'aac,44100'], problems: '' });
  expect(third).toEqual({ sizes: ['90,160'], tracks: ['h264', 'aac,48000'], problems: '' });
  await sent;
  const last = await playlist('changes', /init-(5|6).mp4"[\s\S]*EXTINF/);
  for (const stretch of await decoded('changes', last)) {
    expect(stretch.problems).toBe('');
    expect(stretch.sizes).toHaveLength(1);
    expect(stretch.tracks).toHaveLength(2);
  }
  // No segment takes the jump for time.
  const seconds = [...last.matchAll(/EXTINF:([\d.]+)/g)].map(([, text]) => Number(text));
  expect(Math.max(...seconds)).toBeLessThan(4.1);
  await publisher.close();
  await expect
    .poll(() => log.join('\n'))
    .toMatch(/changes: RTMP from 127\.0\.0\.1:\d+ has gone: it closed its connection/);
});

test('a stream with a single key frame shows from it', { timeout: 30_000 }, async () => {
  const publisher = await RtmpClient.publish(gateway.rtmpPort, 'single');
  const sent = publisher.send(picture('160x90', 7, 9999), 2);
  const list = await playlist('single', /EXT-X-START:TIME-OFFSET=-[\d.]+\n/);
  const [stretch] = await decoded('single', list);
  expect(stretch).toEqual({ sizes: ['160,90'], tracks: ['h264', 'aac,48000'], problems: '' });
  // The very first frame is there: the first segment decodes by itself.
  expect(Number(/EXT-X-START:TIME-OFFSET=-([\d.]+)/.exec(list)?.[1])).toBeGreaterThan(3.9);
  await sent;
  await publisher.close();
});

test('who is let go hears why, and the log names who it was', { timeout: 30_000 }, async () => {
  const enhanced = await RtmpClient.publish(gateway.rtmpPort, 'hevc');
  const hevc = Buffer.concat([Buffer.from([0x90]), Buffer.from('hvc1'), Buffer.alloc(20)]);
  await enhanced.send([{ type: 9, timestampMs: 0, body: hevc }], 1);
  expect(await enhanced.hears(/hvc1/)).toMatch(/^NetStream.Failed: its video is 'hvc1': set the encoder to H.264/);
  await once(enhanced.socket, 'close');
  const twice = [
    await RtmpClient.publish(gateway.rtmpPort, 'twice'),
    await RtmpClient.publish(gateway.rtmpPort, 'twice'),
  ];
  expect(twice[1]?.said).toEqual([expect.objectContaining({ level: 'error', description: 'twice is in use' })]);
  for (const client of twice) await client.close();
  const strange = connect(gateway.rtmpPort, '127.0.0.1');
  strange.write('GET / HTTP/1.1\r\n\r\n');
  await once(strange, 'close');
  // A key frame whose configuration never came.
  await expect.poll(() => log.join('\n')).toMatch(/hevc: RTMP from 127\.0\.0\.1:\d+ has gone: its video is 'hvc1'/);
  expect(log.join('\n')).toMatch(
    /RTMP: 127\.0\.0\.1:\d+ left without publishing: 'twice' was refused: twice is in use/,
  );
  expect(log.join('\n')).toMatch(/RTMP: 127\.0\.0\.1:\d+ left without publishing: no RTMP/);
});

test('who stops and comes back at once is let in, on the same connection and on another; what ffmpeg would end at is left out', {
  timeout: 30_000,
}, async () => {
  const tags = picture('64x48', 6, 25);
  const deep = Array.from({ length: 1000 }).reduce<AmfValue>((within) => ({ a: within }), 1);
  const first = await RtmpClient.publish(gateway.rtmpPort, 'again?key=a+b', { app: 'live/', deep });
  const empty = Buffer.alloc(4);
  const withEmpty = cut(tags, 0, 3000, 0).map((tag) =>
    tag.body[1] === 0
      ? tag
      : { ...tag, body: Buffer.concat([tag.body.subarray(0, 5), empty, tag.body.subarray(5), empty]) },
  );
  const unreadable = { type: 8 as const, timestampMs: 0, body: Buffer.of(0xaf, 0, 0xff, 0xff, 0xff) };
  await first.send([unreadable, ...withEmpty], 4);
  await playlist('again', /EXTINF/);
  expect(await first.hears(/AAC/)).toMatch(
    /Publish.Warning: its sound is 'AAC with a configuration that cannot be read'/,
  );
  first.command('FCUnpublish', 4, null, 'again');
  first.command('deleteStream', 5, null, 1);
  first.said.length = 0;
  first.command('publish', 6, null, 'again', 'live');
  expect(await first.hears(/Publish/)).toBe('NetStream.Publish.Start: again is live');
  await first.send(cut(tags, 0, 3000, 0), 4);
  const [, second] = await decoded('again', await playlist('again', /DISCONTINUITY\n[\s\S]*EXTINF/));
  expect(second).toEqual({ sizes: ['64,48'], tracks: ['h264', 'aac,48000'], problems: '' });
  first.socket.resetAndDestroy();
  const gone = () => log.filter((line) => line.startsWith('again: RTMP')).length;
  await expect.poll(gone).toBeGreaterThan(2); // A warning, and two ends.
  const other = await RtmpClient.publish(gateway.rtmpPort, 'again');
  expect(other.said[0]?.code).toBe('NetStream.Publish.Start');
  await other.close();
});

test('requests that make no sense are answered at once, and say what they are', async () => {
  const publisher = await RtmpClient.publish(gateway.rtmpPort, 'asked');
  await publisher.send(picture('64x48', 4, 25), 4);
  const list = await playlist('asked', /EXTINF/);
  const newest = Number(/MEDIA-SEQUENCE:(\d+)/.exec(list)?.[1]);
  const status = async (path: string, init?: RequestInit) => (await fetch(url(`asked/${path}`), init)).status;
  for (const query of [
    '_HLS_msn=x',
    '_HLS_msn=-1',
    `_HLS_msn=${newest + 1000}`,
    '_HLS_part=1',
    `_HLS_msn=${newest}&_HLS_part=x`,
  ])
    expect(await status(`index.m3u8?${query}`), query).toBe(400);
  expect(await status(`index.m3u8?_HLS_msn=${newest}&_HLS_part=0`)).toBe(200);
  expect(await status(`${newest + 1000}.0.m4s`)).toBe(404);
  const head = await fetch(url('asked/index.m3u8'), { method: 'HEAD' });
  expect([head.status, Number(head.headers.get('content-length')) > 100, await head.text()]).toEqual([200, true, '']);
  const offer = (type: string, body: string) =>
    status('whep', { method: 'POST', headers: { 'Content-Type': type }, body });
  expect(await offer('application/json', '{}')).toBe(415);
  // No medium is in it.
  expect(await offer('Application/SDP; charset=utf-8', 'v=0\r\na=rtpmap:96 H264/90000\r\n')).toBe(422);
  await publisher.close();
});

test('a key may have any characters, and is asked for', async () => {
  const key = 'a+b?c=d';
  const keyed = await Gateway.start({ httpPort: 0, rtmpPort: 0, key });
  const said = async (name: string, app = 'live') => {
    const client = await RtmpClient.publish(keyed.rtmpPort, name, { app });
    await client.close();
    return client.said[0]?.description;
  };
  expect(await said(`one?key=${key}`)).toBe('one is live');
  expect(await said('two', `live/?key=${encodeURIComponent(key)}`)).toBe('two is live');
  expect(await said('three?key=a')).toBe('a wrong key, or none');
  await keyed.close();
});

test('sound that ffmpeg cannot read does not take the picture with it', { timeout: 40_000 }, async () => {
  const tags = picture('64x48', 9, 25);
  // Where sound is announced and none can be decoded, ffmpeg would wait for it for ever.
  const sound = Array.from({ length: 225 }, (_, i) => {
    return { type: 8 as const, timestampMs: i * 40, body: Buffer.concat([Buffer.of(0x2f), Buffer.alloc(100, 0x55)]) };
  });
  const publisher = await RtmpClient.publish(gateway.rtmpPort, 'noise');
  const sent = publisher.send(together(tags, sound), 1);
  const [stretch] = await decoded('noise', await playlist('noise', /EXTINF/));
  expect(stretch).toMatchObject({ sizes: ['64,48'], problems: '' });
  expect(await publisher.hears(/mp3/)).toMatch(/its sound \('mp3'\) cannot be read and is left out/);
  await sent;
  await publisher.close();
});
