import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EditEntry, withEdits } from './edit-lists.js';

// Small files whose pictures tell their number and whose sound tells its second, in many containers, cut and shifted in many ways.

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.cache/films', import.meta.url));

/** The number of the frame in eight columns, the lowest bit first: see `readStamp` of pages/file.ts. */
const stamped = 'geq=lum=255*mod(floor(N/pow(2\\,floor(X/8)))\\,2):cb=128:cr=128,format=yuv420p';
const picture = (rate: number) => ['-f', 'lavfi', '-i', `color=black:s=64x32:r=${rate}:d=4,${stamped}`];
/** Second k sounds at 400 + 200 k Hz. */
const tones = ['-f', 'lavfi', '-i', 'aevalsrc=0.5*sin(2*PI*t*(400+200*floor(t))):s=48000:d=4'];
const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '12', '-g', '20', '-sc_threshold', '0'];
const copy = ['-c', 'copy'];
const separate = ['-map', '0:v', '-map', '1:a', ...copy];
const fragments = (...more: string[]) => ['-movflags', ['frag_keyframe', 'default_base_moof', ...more].join('+')];

interface FilmSpec {
  /** Arguments of ffmpeg; the name of another film stands for its file. */
  readonly args?: readonly string[];
  /** Or another film with these edit lists, by the order of its tracks. */
  readonly edited?: { readonly of: string; readonly edits: readonly (readonly EditEntry[])[] };
}

/** Of `silent.mp4`, whose B-frames begin at 0.2 s of its own time: seconds of the film and of the media, -1: empty. */
const edit = (seconds: number, mediaSeconds: number): EditEntry => [
  seconds * 1000,
  mediaSeconds < 0 ? -1 : Math.round((mediaSeconds + 0.2) * 10_240),
];
const soundEdit = (seconds: number, mediaSeconds: number): EditEntry => [
  seconds * 1000,
  1024 + Math.round(mediaSeconds * 48_000),
];

const specs: Readonly<Record<string, FilmSpec>> = {
  'base.mp4': { args: [...picture(10), ...tones, ...x264, '-bf', '2', '-c:a', 'aac'] },
  'silent.mp4': { args: ['-i', 'base.mp4', '-an', ...copy] },
  'plain.mp4': { args: ['-i', 'base.mp4', '-an', ...x264, '-bf', '0'] },
  'base.mov': { args: ['-i', 'base.mp4', ...copy] },
  'base.mkv': { args: ['-i', 'base.mp4', ...copy] },
  'base.m2t': { args: ['-i', 'base.mp4', ...copy, '-f', 'mpegts'] },
  'base.webm': {
    args: ['-i', 'base.mp4', '-c:v', 'libvpx-vp9', '-crf', '12', '-b:v', '0', '-g', '20', '-c:a', 'libopus'],
  },
  'cut.mp4': { args: ['-ss', '1.3', '-i', 'base.mp4', '-t', '2', ...copy] },
  'cut.mov': { args: ['-ss', '1.3', '-i', 'base.mp4', '-t', '2', ...copy] },
  'cut-silent.mp4': { args: ['-ss', '1.3', '-i', 'silent.mp4', '-t', '2', ...copy] },
  'cut-between.mp4': { args: ['-ss', '1.33', '-i', 'plain.mp4', '-t', '2', ...copy] },
  'cut.mkv': { args: ['-ss', '1.3', '-i', 'base.mp4', '-t', '2', ...copy] },
  'cut.webm': { args: ['-ss', '1.3', '-i', 'base.webm', '-t', '2', ...copy] },
  'cut.m2t': { args: ['-ss', '1.3', '-i', 'base.mp4', '-t', '2', ...copy, '-f', 'mpegts'] },
  'cut-fragments.mp4': { args: ['-ss', '1.3', '-i', 'base.mp4', '-t', '2', ...copy, ...fragments('delay_moov')] },
  'fragments.mp4': { args: ['-i', 'base.mp4', ...copy, ...fragments('empty_moov')] },
  'fragments-signed.mp4': {
    args: ['-i', 'base.mp4', ...copy, ...fragments('empty_moov', 'negative_cts_offsets')],
  },
  'signed.mp4': { args: ['-i', 'base.mp4', ...copy, '-movflags', 'negative_cts_offsets'] },
  'no-edits.mp4': { args: ['-i', 'base.mp4', ...copy, '-use_editlist', '0'] },
  'sound-late.mp4': { args: ['-i', 'silent.mp4', '-itsoffset', '0.5', '-i', 'base.mp4', ...separate] },
  'sound-early.mp4': { args: ['-i', 'silent.mp4', '-itsoffset', '-0.5', '-i', 'base.mp4', ...separate] },
  'picture-late.mp4': { args: ['-itsoffset', '0.5', '-i', 'silent.mp4', '-i', 'base.mp4', ...separate] },
  'picture-late.mkv': { args: ['-itsoffset', '0.5', '-i', 'silent.mp4', '-i', 'base.mp4', ...separate] },
  'both-late.mp4': { args: ['-itsoffset', '0.5', '-i', 'base.mp4', ...copy, '-copyts'] },
  'both-late.mkv': { args: ['-itsoffset', '0.5', '-i', 'base.mp4', ...copy, '-copyts'] },
  'silent-late.webm': { args: ['-itsoffset', '0.5', '-i', 'base.webm', '-an', ...copy, '-copyts'] },
  'sound-short.mp4': { args: ['-i', 'silent.mp4', '-to', '2', '-i', 'base.mp4', ...separate] },
  'picture-short.mp4': { args: ['-to', '2', '-i', 'silent.mp4', '-i', 'base.mp4', ...separate] },
  'negative.mp4': {
    args: ['-i', 'plain.mp4', ...copy, '-output_ts_offset', '-0.55', '-avoid_negative_ts', 'disabled'],
  },
  'negative.mkv': {
    args: ['-i', 'plain.mp4', ...copy, '-output_ts_offset', '-0.55', '-avoid_negative_ts', 'disabled'],
  },
  'without-length.webm': { args: ['-i', 'base.webm', ...copy, '-live', '1'] },
  'variable.mp4': {
    args: [
      ...['-f', 'lavfi', '-i', `color=black:s=64x32:r=30:d=4,${stamped},select=not(mod(n\\,3))+gt(mod(n\\,7)\\,4)`],
      ...['-fps_mode', 'vfr', ...x264],
    ],
  },
  'turned.mp4': { args: ['-i', 'cut.mp4', ...copy, '-metadata:s:v', 'rotate=90'] },
  'edit-two.mp4': { edited: { of: 'silent.mp4', edits: [[edit(1, 0.5), edit(1, 2.5)]] } },
  'edit-back.mp4': { edited: { of: 'silent.mp4', edits: [[edit(1, 2.5), edit(1, 0.5)]] } },
  'edit-twice.mp4': { edited: { of: 'silent.mp4', edits: [[edit(1, 1), edit(1, 1)]] } },
  'edit-gap.mp4': {
    edited: { of: 'silent.mp4', edits: [[edit(0.5, -1), edit(1, 0.5), edit(0.5, -1), edit(1, 2.5)]] },
  },
  'edit-end.mp4': { edited: { of: 'silent.mp4', edits: [[edit(1.5, 0)]] } },
  'edit-between.mp4': { edited: { of: 'silent.mp4', edits: [[edit(1.5, 1.05)]] } },
  'edit-open.mp4': { edited: { of: 'silent.mp4', edits: [[edit(0, 1)]] } },
  'edit-both.mp4': {
    edited: {
      of: 'base.mp4',
      edits: [
        [edit(1, 0.5), edit(1, 2.5)],
        [soundEdit(1, 0.5), soundEdit(1, 2.5)],
      ],
    },
  },
  'sound-ac3.mp4': { args: ['-i', 'base.mp4', '-c:v', 'copy', '-c:a', 'ac3'] },
  'sound-mp3.mp4': { args: ['-i', 'base.mp4', '-c:v', 'copy', '-c:a', 'libmp3lame'] },
  'sound-opus.mp4': { args: ['-i', 'base.mp4', '-c:v', 'copy', '-c:a', 'libopus'] },
  'sound-pcm.mov': { args: ['-i', 'base.mp4', '-c:v', 'copy', '-c:a', 'pcm_s16le'] },
  'sound-44k.mkv': { args: ['-i', 'base.mp4', '-c:v', 'copy', '-c:a', 'aac', '-ar', '44100'] },
};

/** The film's address on the tests' server; made by ffmpeg on first use. */
export async function film(name: string): Promise<string> {
  const spec = specs[name];
  if (!spec) throw new RangeError(`no film ${name}`);
  const file = `${folder}/${name}`;
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const unfinished = `${folder}/unfinished-${name}`;
    if (spec.edited) {
      await film(spec.edited.of);
      writeFileSync(unfinished, withEdits(readFileSync(`${folder}/${spec.edited.of}`), spec.edited.edits));
    } else {
      const args = spec.args ?? [];
      for (const word of args) if (word in specs) await film(word);
      const words = args.map((word) => (word in specs ? `${folder}/${word}` : word));
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...words, unfinished]);
    }
    renameSync(unfinished, file);
  }
  return `/e2e/.cache/films/${name}`;
}
