import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { CommandError } from '../command-error.js';

/** How a tool ended. */
export interface Ending {
  /** Undefined: a signal ended it. */
  readonly exitCode: number | undefined;
  /** What it said last on standard error, or which signal ended it; '' where it said nothing. */
  readonly messages: string;
}

/** A running ffmpeg or ffprobe with what it says on standard error. */
export interface Tool {
  readonly child: ChildProcess;
  /** Rejects when the program is missing. */
  readonly done: Promise<Ending>;
}

export interface ToolOptions {
  readonly stdin?: boolean | undefined;
  readonly stdout?: boolean | undefined;
  /** Gets what is said at level `info`, line by line; it isn't kept as a message. */
  readonly onInfo?: ((line: string) => void) | undefined;
}

const keptMessageChars = 2000;
/** ffmpeg's mark of a line's level behind the part that says it, with `-loglevel level+info`. */
const levelMark = /^((?:\[[^\]]*\] )*?)\[(info|warning|error|fatal|panic|verbose|debug)\] /;

/** Starts ffmpeg or ffprobe. Standard error is kept for messages; `stdin` and `stdout` are pipes on demand. */
export function startTool(program: 'ffmpeg' | 'ffprobe', args: readonly string[], options: ToolOptions = {}): Tool {
  const { onInfo } = options;
  const stdio: StdioOptions = [options.stdin ? 'pipe' : 'ignore', options.stdout ? 'pipe' : 'ignore', 'pipe'];
  const level = onInfo ? ['-nostats', '-loglevel', 'level+info'] : ['-loglevel', 'error'];
  const child = spawn(program, ['-hide_banner', ...level, ...args], { stdio });
  let messages = '';
  const keep = (text: string): void => {
    messages = (messages + text).slice(-keptMessageChars);
  };
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (!onInfo) return keep(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, , severity] = levelMark.exec(line) ?? [];
      if (severity === 'error' || severity === 'fatal' || severity === 'panic')
        keep(`${line.replace(levelMark, '$1')}\n`);
      else onInfo(line);
    }
  });
  const done = new Promise<Ending>((resolve, reject) => {
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
    child.once('close', (exitCode, signal) => {
      const said = messages.trim();
      resolve({
        exitCode: exitCode ?? undefined,
        messages: signal === null ? said : `${said}${said && '\n'}${program} was ended by ${signal}`,
      });
    });
  });
  // Whoever awaits `done` sees the rejection; until then it must not count as unhandled.
  done.catch(() => undefined);
  return { child, done };
}

/** Runs a tool to its end. @throws CommandError `ffmpeg-missing`. */
export async function runTool(
  program: 'ffmpeg' | 'ffprobe',
  args: readonly string[],
): Promise<Ending & { readonly text: string }> {
  const tool = startTool(program, args, { stdout: true });
  let text = '';
  tool.child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return { ...(await tool.done), text };
}

/** Runs ffprobe and parses its JSON. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function probeJson(file: string, args: readonly string[]): Promise<unknown> {
  const { exitCode, messages, text } = await runTool('ffprobe', [...args, '-of', 'json', file]);
  if (exitCode !== 0) throw new CommandError('input-unreadable', messages || `ffprobe cannot read ${file}`);
  return JSON.parse(text);
}
