import { cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError } from './command-error.js';
import { packageFile } from './package-file.js';

const usage = `usage: vitreous copy-assets DIR

Copies the package's weights into DIR/models, for bundlers that do not ship them and for servers of your own. A page finds them by
enhance(video, { assets: '/URL/OF/DIR/' }), setAssets('/URL/OF/DIR/') or <vitreous-video assets="/URL/OF/DIR/">; beside the page's bundle it finds them
by itself. Copy again with every version of the package.`;

/** Models that ship with the library. */
const models = ['mobilevit-sr', 'promptvit'];
/** In a checkout there are files for tests, too. */
const isShipped = (path: string) => /(^|[\\/])weights\.safetensors$/.test(path);

/**
 * Copies the package's files to where a server has them.
 *
 * @returns the files that are there now, with their paths below `folder`
 */
export async function copyAssets(folder: string): Promise<string[]> {
  const copied: string[] = [];
  for (const model of models) {
    const from = packageFile(`models/${model}`);
    for (const path of (await readdir(from, { recursive: true })).filter(isShipped).sort()) {
      const to = join('models', model, path);
      await mkdir(dirname(join(folder, to)), { recursive: true });
      await cp(join(from, path), join(folder, to));
      copied.push(to);
    }
  }
  return copied;
}

/** The command. @returns its exit code */
export async function main(args: string[]): Promise<number> {
  let folder: string | undefined;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    if (positionals.length === 1) [folder] = positionals;
  } catch (cause) {
    throw new CommandError('usage', `${cause instanceof Error ? cause.message : cause}\n${usage}`, cause);
  }
  if (!folder) throw new CommandError('usage', usage);
  try {
    for (const path of await copyAssets(folder)) console.log(join(folder, path));
  } catch (cause) {
    throw new CommandError('output-failed', cause instanceof Error ? cause.message : String(cause), cause);
  }
  return 0;
}
