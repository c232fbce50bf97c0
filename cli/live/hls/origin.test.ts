import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type Fragment, FragmentReader } from './fragments.js';
import { HlsOrigin } from './origin.js';

/** Four seconds at 10 frames a second, a key frame a second, fragments of 0.2 s: what the gateway makes of a stream. */
const media = (): Buffer =>
  execFileSync('ffmpeg', [
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x36:rate=10:duration=4',
      '-f',
      'lavfi',
      '-i',
      'sine=duration=4',
    ],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '10', '-c:a', 'aac', '-f', 'mp4'],
    ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe', '-frag_duration', '200000', 'pipe:1'],
  ]);

const inPieces = (bytes: Buffer, step: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => bytes.subarray(i * step, (i + 1) * step));

test('fragmented MP4 is cut into its init segment and fragments, with durations and key frames', () => {
  const bytes = media();
  const reader = new FragmentReader();
  const pieces = inPieces(bytes, 999).flatMap((part) => reader.push(part));
  expect(pieces[0]?.kind).toBe('init');
  const fragments = pieces.filter((piece): piece is Fragment => piece.kind === 'fragment');
  // ffmpeg lengthens the very first frame by the delay of the sound's encoder.
  const seconds = fragments.slice(1).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  expect(seconds).toBeCloseTo(3.8, 3);
  expect(fragments.filter(({ independent }) => independent)).toHaveLength(4);
  expect(() => new FragmentReader().push(Buffer.alloc(8))).toThrow(RangeError);
});

test('a playlist lists segments, parts and the next part; blocked requests are answered when it comes', async () => {
  const origin = new HlsOrigin();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://origin');
    void origin.serve(url.pathname.slice(1), url.searchParams, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
  const get = async (path: string) => (await fetch(`${base}/${path}`)).text();
  try {
    const reader = new FragmentReader();
    const pieces = reader.push(media());
    const held = pieces.splice(-1);
    for (const piece of pieces) origin.take(piece);
    const before = await get('index.m3u8');
    const lines = before.split('\n');
    const sequence = Number(/MEDIA-SEQUENCE:(\d+)/.exec(before)?.[1]);
    const target = Number(/PART-TARGET=([\d.]+)/.exec(before)?.[1]);
    const parts = [...before.matchAll(/EXT-X-PART:DURATION=([\d.]+)/g)].map(([, seconds]) => Number(seconds));
    expect(lines.filter((line) => line.startsWith('#EXTINF'))).toHaveLength(3);
    expect(Math.max(...parts)).toBeCloseTo(target, 4);
    const hint = /PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"/.exec(before);
    expect(Number(hint?.[1])).toBe(sequence + 3);
    const blocked = get(`index.m3u8?_HLS_msn=${hint?.[1]}&_HLS_part=${hint?.[2]}`);
    const hinted = fetch(`${base}/${hint?.[1]}.${hint?.[2]}.m4s`);
    for (const piece of held) origin.take(piece);
    expect(await blocked).toContain(`URI="${hint?.[1]}.${hint?.[2]}.m4s"`);
    expect((await (await hinted).arrayBuffer()).byteLength).toBe(held[0]?.bytes.length);
    // A source that comes back begins with another init segment, behind a discontinuity.
    for (const piece of new FragmentReader().push(media())) origin.take(piece);
    expect(await get('index.m3u8')).toMatch(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-1.mp4"/);
    expect((await fetch(`${base}/1.m4s`)).status).toBe(404);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

/** So many fragments of 0.2 s; a key frame in each `keyEvery`-th from the first on, 0: in none. */
function give(origin: HlsOrigin, count: number, bytes: number, keyEvery: number): void {
  const piece = Buffer.alloc(bytes);
  for (let i = 0; i < count; i++) {
    const independent = keyEvery > 0 && i % keyEvery === 0;
    origin.take({ kind: 'fragment', bytes: piece, durationSeconds: 0.2, independent });
  }
}

async function listed(origin: HlsOrigin): Promise<string> {
  const server = createServer((_request, response) => void origin.serve('index.m3u8', new URLSearchParams(), response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  server.closeAllConnections();
  server.close();
  return text;
}

test('key frames that stop: segments and memory keep a bound, in seconds and in bytes, and it is said once', async () => {
  const mebibyte = 1024 * 1024;
  for (const { bytes, longest } of [
    { bytes: 1000, longest: 16 },
    { bytes: mebibyte, longest: 12 * 0.2 },
  ]) {
    const said: (string | undefined)[] = [];
    const origin = new HlsOrigin((words) => said.push(words));
    origin.take({ kind: 'init', bytes: Buffer.alloc(8) });
    give(origin, 25, 1000, 5);
    expect(said).toEqual([]);
    // An hour without any.
    for (let i = 0; i < 100; i++) give(origin, 180, bytes, 0);
    expect(origin.sizeBytes).toBeLessThanOrEqual(40 * mebibyte + 2 * bytes);
    const text = await listed(origin);
    const lengths = [...text.matchAll(/EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds));
    // And a part: none is cut in two.
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(longest - 1e-6);
    expect(Math.max(...lengths)).toBeLessThan(longest + 0.21);
    expect(text.length).toBeLessThan(40_000);
    expect(said).toEqual([expect.stringMatching(/^no key frame for \d+ s/)]);
    give(origin, 10, 1000, 5);
    expect(said.at(-1)).toBeUndefined();
  }
});

test('players begin at a key frame: where the last segments have none, the playlist says where', async () => {
  const origin = new HlsOrigin();
  origin.take({ kind: 'init', bytes: Buffer.alloc(8) });
  // A key frame every ten seconds: whole segments, and nothing need be said; but the first is cut, so that there is something to play.
  give(origin, 30, 1000, 50);
  expect(await listed(origin)).toContain('#EXT-X-START:TIME-OFFSET=-6.00000\n');
  give(origin, 20, 1000, 0);
  give(origin, 60, 1000, 50);
  const text = await listed(origin);
  expect(text).not.toContain('EXT-X-START');
  expect(text).toMatch(/EXTINF:10\.00000,/);
});
