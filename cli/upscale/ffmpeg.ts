import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { CommandError } from '../command-error.js';

/** A running ffmpeg or ffprobe with what it says on standard error. */
export interface Tool {
  readonly child: ChildProcess;
  /** Resolves to the exit code and the last lines of standard error; rejects when the program is missing. */
  readonly done: Promise<{ readonly exitCode: number; readonly messages: string }>;
}

const keptMessageChars = 2000;

/** Starts ffmpeg or ffprobe. Standard error is kept for messages; `stdin` and `stdout` are pipes on demand. */
export function startTool(
  program: 'ffmpeg' | 'ffprobe',
  args: readonly string[],
  pipes: { readonly stdin?: boolean; readonly stdout?: boolean } = {},
): Tool {
  const stdio: StdioOptions = [pipes.stdin ? 'pipe' : 'ignore', pipes.stdout ? 'pipe' : 'ignore', 'pipe'];
  const child = spawn(program, ['-hide_banner', '-loglevel', 'error', ...args], { stdio });
  let messages = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-keptMessageChars);
  });
  const done = new Promise<{ exitCode: number; messages: string }>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new CommandError(
          cause.code === 'ENOENT' ? 'ffmpeg-missing' : 'input-unreadable',
          cause.code === 'ENOENT'
            ? `${program} is not on the PATH; install ffmpeg (apt, dnf, brew or winget: ffmpeg)`
            : `${program}: ${cause.message}`,
          cause,
        ),
      ),
    );
    child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? -1, messages: messages.trim() }));
  });
  // Whoever awaits `done` sees the rejection; until then it must not count as unhandled.
  done.catch(() => undefined);
  return { child, done };
}

/** Runs ffprobe and parses its JSON. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function probeJson(file: string, args: readonly string[]): Promise<unknown> {
  const tool = startTool('ffprobe', [...args, '-of', 'json', file], { stdout: true });
  let text = '';
  tool.child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const { exitCode, messages } = await tool.done;
  if (exitCode !== 0) throw new CommandError('input-unreadable', messages || `ffprobe cannot read ${file}`);
  return JSON.parse(text);
}
