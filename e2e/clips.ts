import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ContentKey, encryptedWebm } from './encrypted-webm.js';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.cache', import.meta.url));

/** What decrypts the clip `protected`. */
export const protectedKey: ContentKey = {
  id: Buffer.from('key of the tests'),
  key: Buffer.from('0123456789abcdef'),
};

/** A clip made by ffmpeg: what is filmed, and how it is encoded. */
interface ClipSpec {
  readonly source: string;
  readonly filter?: string;
  readonly codec?: readonly string[];
  /** A second run over the encoded file, without encoding again. */
  readonly remux?: readonly string[];
  /** What is made of the finished file, or befalls it. */
  readonly rework?: (bytes: Buffer) => Buffer;
  readonly extension?: 'mp4' | 'webm';
}

const bt709 = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
const bt601 = ['-colorspace', 'smpte170m', '-color_primaries', 'smpte170m', '-color_trc', 'smpte170m'];
const x264 = ['-c:v', 'libx264', '-crf', '16', '-g', '10', '-bf', '0'];
const vp9 = ['-c:v', 'libvpx-vp9', '-crf', '16', '-b:v', '0'];
const to709 = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';
const tiny = (size: string) => `scale=${size}:flags=area:out_color_matrix=bt709:out_range=tv,format=yuv420p`;
/** High dynamic range is tagged; what is filmed matters not. */
const to2020 = 'scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le';
const bt2020 = (transfer: string) => ['-colorspace', 'bt2020nc', '-color_primaries', 'bt2020', '-color_trc', transfer];

const pattern = (size: string, rate = 10, seconds = 3) => `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`;

/** As MediaSource takes it. */
const fragmented = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof'];
/** The index first: what is cut off behind it still plays. */
const indexFirst = ['-movflags', 'faststart'];

/** Every seventh byte of a quarter in the middle, inverted. */
function corrupt(bytes: Buffer): Buffer {
  const damaged = Buffer.from(bytes);
  for (let at = bytes.length >> 1; at < bytes.length * 0.75; at += 7) damaged[at] = ~(bytes[at] ?? 0);
  return damaged;
}

const demoClips = fileURLToPath(new URL('../demo/public/clips', import.meta.url));

/**
 * Where the walker of the clip `walker` is, pixels: a pedestrian of a real clip, cut out by his difference from its median frame, pasted
 * over another real clip.
 */
export const walkerAt = (seconds: number) => ({
  x: 520 - 150 * seconds,
  y: 170 + 20 * seconds,
  width: 68,
  height: 154,
});

const walker = [
  `movie=${demoClips}/square.mp4,fps=5,tmedian=radius=19,trim=end_frame=1,setpts=0,format=gbrp[median]`,
  `movie=${demoClips}/square.mp4,trim=start=3.2,trim=end_frame=1,setpts=0,format=gbrp,split[a][b]`,
  "[a][median]blend=all_mode=difference,format=gray,lut=y='if(gt(val,22),255,0)'," +
    'dilation,dilation,erosion,erosion,gblur=sigma=0.7[mask]',
  '[b][mask]alphamerge,crop=34:77:472:104,scale=68:154:flags=lanczos,loop=loop=-1:size=1,setpts=N/25/TB[cut]',
  `movie=${demoClips}/walks.mp4,trim=end=3,setpts=PTS-STARTPTS[back]`,
  "[back][cut]overlay=x='520-150*t':y='170+20*t':eval=frame:shortest=1,trim=end=3",
].join(';');

const specs = {
  walker: { source: walker },
  // A second of the walker, then another film.
  'walker-cut': {
    source: `${walker},trim=end=1,fps=25[one];movie=${demoClips}/bunny.mp4,trim=end=1,setpts=PTS-STARTPTS,fps=25[two];[one][two]concat=n=2`,
  },
  '64x36': { source: pattern('64x36') },
  // Whatever enlarges it makes much the same of it.
  soft: { source: pattern('64x36'), filter: `gblur=sigma=1.5,${to709}` },
  '96x54': { source: pattern('96x54') },
  '160x90': { source: pattern('160x90', 10, 2) },
  long: { source: pattern('64x36', 10, 60) },
  'film-64x36': { source: pattern('64x36', 12, 60) },
  'fast-160x90': { source: pattern('160x90', 60, 4) },
  'fragmented-64x36': { source: pattern('64x36', 10, 1), remux: fragmented },
  'fragmented-128x72': { source: pattern('128x72'), remux: fragmented },
  'fragmented-96x54': { source: pattern('96x54'), remux: fragmented },
  // The pattern has even sizes only, and 4:2:0 H.264 too.
  odd: {
    source: pattern('38x22'),
    filter: 'format=gbrp,crop=37:21:exact=1,scale=out_color_matrix=bt709:out_range=tv,format=yuv444p',
  },
  bt601: {
    source: pattern('64x36'),
    filter: 'scale=out_color_matrix=bt601:out_range=tv,format=yuv420p',
    codec: [...x264, ...bt601],
  },
  full: {
    source: pattern('64x36'),
    filter: 'scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p',
    codec: [...x264, ...bt709, '-color_range', 'pc'],
  },
  untagged: {
    source: pattern('64x36'),
    filter: 'scale=out_color_matrix=bt601:out_range=tv,format=yuv420p',
    codec: x264,
  },
  // Grey: interpolating planes before the conversion to RGB, as a compositor does, then equals interpolating RGB.
  'wide-pixels': { source: pattern('32x36'), filter: `hue=s=0,${to709},setsar=2/1` },
  // One colour: nothing to interpolate, so that the matrix and the primaries alone show.
  'wide-pixels-bt601': {
    source: 'color=c=0x30a0ff:s=32x36:r=10:d=1',
    filter: 'scale=out_color_matrix=bt601:out_range=tv,format=yuv420p,setsar=2/1',
    codec: [...x264, ...bt601],
  },
  audio: { source: 'sine=f=440:d=1', filter: '', codec: ['-c:a', 'aac'] },
  'rotated-90': { source: pattern('64x36'), remux: ['-metadata:s:v', 'rotate=90'] },
  'rotated-180': { source: pattern('64x36'), remux: ['-metadata:s:v', 'rotate=180'] },
  'rotated-270': { source: pattern('64x36'), remux: ['-metadata:s:v', 'rotate=270'] },
  vp9: { source: pattern('64x36'), codec: [...vp9, ...bt709], extension: 'webm' },
  '1x1': { source: pattern('64x36', 10, 1), filter: tiny('1:1'), codec: [...vp9, ...bt709], extension: 'webm' },
  '2x2': { source: pattern('64x36', 10, 1), filter: tiny('2:2'), codec: [...vp9, ...bt709], extension: 'webm' },
  '17x9': { source: pattern('64x36', 10, 1), filter: tiny('17:9'), codec: [...vp9, ...bt709], extension: 'webm' },
  '10-bit': {
    source: pattern('64x36', 10, 1),
    filter: 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p10le',
    codec: [...vp9, ...bt709],
    extension: 'webm',
  },
  pq: { source: pattern('64x36'), filter: to2020, codec: [...vp9, ...bt2020('smpte2084')], extension: 'webm' },
  hlg: { source: pattern('64x36'), filter: to2020, codec: [...vp9, ...bt2020('arib-std-b67')], extension: 'webm' },
  // Clear on the left, opaque on the right.
  alpha: {
    source: pattern('64x36'),
    filter: "format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='255*X/W'",
    codec: [...vp9, '-pix_fmt', 'yuva420p', '-auto-alt-ref', '0'],
    extension: 'webm',
  },
  '4k': { source: pattern('3840x2160', 5, 1), codec: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30'] },
  // Wider than WebGPU's default limit of 8192.
  '8704x64': {
    source: pattern('8704x64', 5, 1),
    codec: [...vp9, '-deadline', 'realtime', '-cpu-used', '8', '-crf', '40'],
    extension: 'webm',
  },
  // Every third frame is left out: they last 1/30 and 1/15 s in turns.
  'variable-rate': {
    source: pattern('64x36', 30, 3),
    filter: `select='mod(n\\,3)',${to709}`,
    codec: [...x264, ...bt709, '-fps_mode', 'vfr'],
  },
  corrupt: { source: pattern('64x36', 10, 3), remux: indexFirst, rework: corrupt },
  truncated: {
    source: pattern('64x36', 10, 3),
    remux: indexFirst,
    rework: (bytes) => bytes.subarray(0, bytes.length >> 1),
  },
  protected: {
    source: pattern('64x36', 10, 30),
    codec: ['-c:v', 'libvpx', '-crf', '16', '-b:v', '1M', '-g', '999', '-f', 'ivf'],
    rework: (ivf) => encryptedWebm(ivf, protectedKey),
    extension: 'webm',
  },
  // The index, at the end, is what is cut off.
  'without-index': { source: pattern('64x36', 10, 1), rework: (bytes) => bytes.subarray(0, bytes.length >> 1) },
  empty: { source: pattern('64x36', 10, 1), rework: () => Buffer.alloc(0) },
} as const satisfies Record<string, ClipSpec>;

export type ClipName = keyof typeof specs;

async function make(spec: ClipSpec, file: string): Promise<void> {
  const { source, filter = to709, codec = [...x264, ...bt709], remux } = spec;
  const extension = spec.extension ?? 'mp4';
  const encoded = `${file}.encoded.${extension}`;
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    source,
    ...(filter ? ['-vf', filter] : []),
    ...codec,
    encoded,
  ]);
  if (!remux) {
    renameSync(encoded, file);
    return;
  }
  const done = `${file}.done.${extension}`;
  await run('ffmpeg', ['-v', 'error', '-y', '-i', encoded, '-c', 'copy', ...remux, done]);
  renameSync(done, file);
}

/** The clip's address on the tests' server; made by ffmpeg on first use. */
export async function clip(name: ClipName): Promise<string> {
  const spec: ClipSpec = specs[name];
  const fileName = `${name}.${spec.extension ?? 'mp4'}`;
  const file = `${folder}/${fileName}`;
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const whole = spec.rework ? `${file}.whole.${spec.extension ?? 'mp4'}` : file;
    await make(spec, whole);
    if (spec.rework) {
      writeFileSync(whole, spec.rework(readFileSync(whole)));
      renameSync(whole, file);
    }
  }
  return `/e2e/.cache/${fileName}`;
}
