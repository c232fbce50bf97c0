#!/usr/bin/env node
// The package's command: `npx vitreous upscale …`, `npx vitreous live …`, `npx vitreous copy-assets DIR`.
import { CommandError, reportErrors } from './command-error.js';
import { useSoftwareGpu } from './gpu/software-gpu.mjs';

interface Command {
  readonly about: string;
  readonly load: () => Promise<{ readonly main: (args: string[]) => Promise<number> }>;
}

const commands: Readonly<Record<string, Command>> = {
  upscale: { about: 'a video file at twice the size', load: () => import('./upscale/upscale.js') },
  'copy-assets': { about: "the package's weights, into a folder for a server", load: () => import('./copy-assets.js') },
  live: {
    about: 'a gateway: RTMP, RTSP and WHIP in, low-latency HLS and WHEP out',
    load: () => import('./live/main.js'),
  },
};

const usage = [
  'usage: vitreous COMMAND [options]',
  '',
  ...Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(13)}${about}`),
  '',
  'vitreous COMMAND --help tells its options',
].join('\n');

function run([name, ...args]: string[]): Promise<number> {
  return reportErrors(async () => {
    if (name === '--help' || name === '-h') {
      console.log(usage);
      return 0;
    }
    const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
    if (!command) throw new CommandError('usage', name === undefined ? usage : `no command '${name}'\n${usage}`);
    return (await command.load()).main(args);
  });
}

useSoftwareGpu();
process.exitCode = await run(process.argv.slice(2));
// A live GPU device keeps Node's event loop alive: leave once what was printed has been written.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit();
