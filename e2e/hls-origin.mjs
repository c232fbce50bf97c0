// An HLS origin in a process of its own: `node e2e/hls-origin.mjs PORT EPOCH_MS FOLDER` prints its port when it listens.
// `/vod/` plays the film ten times, with a discontinuity between any two; `/live/` plays it round and round since EPOCH_MS, a discontinuity at each
// round; `/ll/` is the same with parts and blocking reloads (RFC 8216bis, section 6.2.5.2). An origin that is started anew with the same
// arguments goes on where the former would be.
import http from 'node:http';
import { argv, exit, stdin } from 'node:process';
import { openLadder, partOf, partsPerSegment, segmentCount, segmentOf, segmentSeconds } from './hls-ladder.mjs';

const [port = 0, epochMs = 0] = argv.slice(2, 4).map(Number);
const ladder = await openLadder(argv[4] ?? '');
const partSeconds = segmentSeconds / partsPerSegment;
/** Segments in the playlist of a live stream. */
const windowSegments = 6;
/** Rounds of the film in `/vod/`. */
const vodRounds = 10;

/** @typedef {import('./hls-ladder.mjs').Rendition} Rendition */

/** Parts of the live stream that are complete. */
const completeParts = () => Math.max(0, Math.floor((Date.now() - epochMs) / 1000 / partSeconds));

/** @param {number} part */
const untilComplete = async (part) => {
  while (completeParts() <= part) {
    const waitMs = epochMs + (part + 1) * partSeconds * 1000 - Date.now();
    await new Promise((resolve) => {
      setTimeout(resolve, Math.max(1, waitMs));
    });
  }
};

/** Peak and mean bits per second. @param {Rendition} rendition */
function bandwidths(rendition) {
  const bits = Array.from({ length: segmentCount }, (_, i) => segmentOf(rendition, i).length * 8).map(
    (count) => count / segmentSeconds,
  );
  return { peak: Math.ceil(Math.max(...bits)), mean: Math.ceil(bits.reduce((a, b) => a + b) / bits.length) };
}

function master() {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-INDEPENDENT-SEGMENTS'];
  for (const rendition of ladder) {
    const { peak, mean } = bandwidths(rendition);
    const attributes = [
      `BANDWIDTH=${peak}`,
      `AVERAGE-BANDWIDTH=${mean}`,
      `RESOLUTION=${rendition.width}x${rendition.height}`,
      'CODECS="avc1.64000d"',
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join()}`, `${rendition.name}.m3u8`);
  }
  return `${lines.join('\n')}\n`;
}

const duration = `#EXTINF:${segmentSeconds.toFixed(3)},`;

/** A new round has times of its own. @param {number} segment @param {number} first */
const discontinuity = (segment, first) =>
  segment % segmentCount === 0 && segment > first ? ['#EXT-X-DISCONTINUITY'] : [];

/** @param {string} name */
function vod(name) {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9', `#EXT-X-TARGETDURATION:${segmentSeconds}`, '#EXT-X-PLAYLIST-TYPE:VOD'];
  lines.push(`#EXT-X-MAP:URI="${name}.init.mp4"`);
  for (let segment = 0; segment < vodRounds * segmentCount; segment++)
    lines.push(...discontinuity(segment, 0), duration, `${name}.${segment}.m4s`);
  return `${lines.join('\n')}\n#EXT-X-ENDLIST\n`;
}

/** @param {string} name @param {boolean} lowLatency */
function live(name, lowLatency) {
  const complete = completeParts();
  const next = Math.floor(complete / partsPerSegment);
  const first = Math.max(0, next - windowSegments);
  const lines = ['#EXTM3U', '#EXT-X-VERSION:9', `#EXT-X-TARGETDURATION:${segmentSeconds}`];
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${first}`);
  // Rounds that have begun before the first segment of the playlist, whose own beginning is no discontinuity in it.
  lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${Math.floor(first / segmentCount)}`);
  if (lowLatency)
    lines.push(
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(3 * partSeconds).toFixed(3)}`,
      `#EXT-X-PART-INF:PART-TARGET=${partSeconds.toFixed(3)}`,
    );
  lines.push(`#EXT-X-MAP:URI="${name}.init.mp4"`);
  for (let segment = first; segment <= next; segment++) {
    const parts = Math.min(partsPerSegment, complete - segment * partsPerSegment);
    if (segment === next && !(lowLatency && parts > 0)) break;
    lines.push(...discontinuity(segment, first));
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(epochMs + segment * segmentSeconds * 1000).toISOString()}`);
    if (lowLatency && segment >= next - 2)
      for (let part = 0; part < parts; part++) {
        const independent = part === 0 ? ',INDEPENDENT=YES' : '';
        lines.push(`#EXT-X-PART:DURATION=${partSeconds.toFixed(3)},URI="${name}.${segment}.${part}.m4s"${independent}`);
      }
    if (segment < next) lines.push(duration, `${name}.${segment}.m4s`);
  }
  if (lowLatency)
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${name}.${next}.${complete - next * partsPerSegment}.m4s"`);
  return `${lines.join('\n')}\n`;
}

const playlistType = 'application/vnd.apple.mpegurl';

/** @param {URL} url @returns {Promise<{ type: string, body: string | Buffer } | undefined>} */
async function answer({ pathname, searchParams }) {
  const [, folder = '', file = ''] = /^\/(vod|live|ll)\/([\w.]+)$/.exec(pathname) ?? [];
  if (folder === '') return undefined;
  if (file === 'master.m3u8') return { type: playlistType, body: master() };
  const [name = '', ...rest] = file.split('.');
  const rendition = ladder.find((one) => one.name === name);
  if (!rendition) return undefined;
  const kind = rest.join('.');
  if (kind === 'm3u8') {
    const [wantedSegment, wantedPart] = ['_HLS_msn', '_HLS_part'].map((key) => searchParams.get(key));
    if (folder === 'll' && wantedSegment)
      await untilComplete(Number(wantedSegment) * partsPerSegment + Number(wantedPart ?? partsPerSegment - 1));
    else if (folder !== 'vod') await untilComplete(2 * partsPerSegment);
    return { type: playlistType, body: folder === 'vod' ? vod(name) : live(name, folder === 'll') };
  }
  if (kind === 'init.mp4') return { type: 'video/mp4', body: rendition.init };
  const [segment = Number.NaN, part] = rest.slice(0, -1).map(Number);
  if (!Number.isInteger(segment) || rest.at(-1) !== 'm4s') return undefined;
  if (part === undefined) return { type: 'video/mp4', body: segmentOf(rendition, segment) };
  if (folder === 'll') await untilComplete(segment * partsPerSegment + part);
  return { type: 'video/mp4', body: partOf(rendition, segment, part) };
}

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const found = await answer(url);
  const headers = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };
  if (found) response.writeHead(200, { ...headers, 'content-type': found.type }).end(found.body);
  else response.writeHead(404, headers).end();
});
// Whoever started it is gone.
stdin.resume().on('end', () => exit());
server.listen(port, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(String(address?.port)); // A number may come out in colours.
});
