import { VitreousError } from '../plugin/core/errors.js';

/** Exit codes of the command-line tools. 1 is an error nobody foresaw. */
export const exitCodes = {
  usage: 2,
  'ffmpeg-missing': 3,
  'input-unreadable': 4,
  'adapter-unavailable': 5,
  'output-failed': 6,
  'package-missing': 7,
} as const;

/** What a command-line tool tells its user: one line, no stack. */
export class CommandError extends Error {
  readonly code: keyof typeof exitCodes;

  constructor(code: keyof typeof exitCodes, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Runs a tool; an error with a code becomes one line on standard error and an exit code. */
export async function reportErrors(tool: () => Promise<number>): Promise<number> {
  try {
    return await tool();
  } catch (thrown) {
    if (thrown instanceof CommandError) {
      console.error(`error [${thrown.code}]: ${thrown.message}`);
      return exitCodes[thrown.code];
    }
    if (thrown instanceof VitreousError) {
      console.error(`error ${thrown.message}`);
      return thrown.code === 'adapter-unavailable' ? exitCodes['adapter-unavailable'] : 1;
    }
    throw thrown;
  }
}

/** Reads an option that must be a number from 0 to 1. */
export function fraction(name: string, value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 1))
    throw new CommandError('usage', `--${name} must be a number from 0 to 1, got '${value}'`);
  return number;
}

/** Reads an option that must be one of a few words. */
export function oneOf<const T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new CommandError('usage', `--${name} must be ${allowed.join(' or ')}, got '${value}'`);
  return found;
}
