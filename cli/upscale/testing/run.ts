import { spawnSync } from 'node:child_process';
import { main } from '../upscale.js';

/** Runs ffmpeg, which makes a test's files. Resolves to its standard output. */
export function ffmpeg(...args: string[]): Buffer {
  const all = ['-nostdin', '-v', 'error', '-y', ...args];
  const { status, stdout, stderr } = spawnSync('ffmpeg', all, { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** ffprobe's answer as lines. */
export function probe(file: string, ...args: string[]): string[] {
  const { stdout } = spawnSync('ffprobe', ['-v', 'quiet', '-of', 'csv=p=0', ...args, file], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.replace(/,$/, '').trim())
    .filter((line) => line !== '');
}

/** What the command printed, and how it ended. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `vitreous upscale` in this process, in the quickest tier unless another is named. */
export async function upscale(...args: string[]): Promise<Run> {
  const said = { log: '', error: '' };
  const real = { log: console.log, error: console.error };
  for (const name of ['log', 'error'] as const)
    console[name] = (...words: unknown[]) => {
      said[name] += `${words.join(' ')}\n`;
    };
  try {
    const tier = args.includes('--join') || args.includes('--tier') ? [] : ['--tier', 'S'];
    return { exitCode: await main([...args, ...tier]), stdout: said.log, stderr: said.error };
  } finally {
    Object.assign(console, real);
  }
}
