import { parseArgs } from 'node:util';
import { Fault } from './fault.js';
import { Gateway } from './gateway.js';

const usage = `vitreous live [options]

  --camera NAME=rtsp://…   pull a camera; again for more
  --host ADDRESS           listen there (default 127.0.0.1); anything else needs --key
  --key SECRET             publishers must send it: rtmp://HOST/live/NAME?key=SECRET, or WHIP's bearer token
  --http-port N            HLS, WHEP and WHIP (default 8080)
  --rtmp-port N            RTMP (default 1935)
  --webrtc-address ADDRESS the address that WebRTC goes over; again for more (default: all of this machine)
  --no-page                the gateway alone, without the page that plays its streams (in a checkout: npm run live)`;

const options = {
  camera: { type: 'string', multiple: true },
  host: { type: 'string', default: '127.0.0.1' },
  key: { type: 'string' },
  'http-port': { type: 'string', default: '8080' },
  'rtmp-port': { type: 'string', default: '1935' },
  'webrtc-address': { type: 'string', multiple: true },
  'no-page': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Fault `bad-arguments`. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new Fault('bad-arguments', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
  }
}

/** @throws Fault `bad-arguments`. */
function port(given: string, option: string): number {
  const number = Number(given);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new Fault('bad-arguments', `--${option} must be a port, got '${given}'`);
}

/** @throws Fault `bad-arguments`. */
function cameras(given: readonly string[]): Map<string, string> {
  return new Map(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new Fault('bad-arguments', '--camera must be NAME=rtsp://…');
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}

/**
 * The command: runs until it is interrupted. Returns the exit code.
 *
 * @param servePage serves a page that plays the gateway's streams, and gives its address
 */
export async function main(
  args: readonly string[],
  servePage?: (host: string, gateway: string) => Promise<string>,
): Promise<number> {
  let gateway: Gateway | undefined;
  try {
    const given = parse(args);
    if (given.help) {
      console.log(usage);
      return 0;
    }
    const { host, key } = given;
    gateway = await Gateway.start({
      host,
      key,
      httpPort: port(given['http-port'], 'http-port'),
      rtmpPort: port(given['rtmp-port'], 'rtmp-port'),
      cameras: cameras(given.camera ?? []),
      webRtcAddresses: given['webrtc-address'],
      log: (line) => console.log(line),
    });
    const origin = `http://${host.includes(':') ? `[${host}]` : host}:${gateway.httpPort}`;
    console.log(`publish  rtmp://${host}:${gateway.rtmpPort}/live/NAME${key === undefined ? '' : '?key=…'}`);
    if (gateway.hasWebRtc) console.log(`         ${origin}/whip/NAME (WHIP)`);
    console.log(`watch    ${origin}/NAME/index.m3u8 (HLS)${gateway.hasWebRtc ? `, ${origin}/NAME/whep (WHEP)` : ''}`);
    if (servePage && !given['no-page']) console.log(`page     ${await servePage(host, origin)}`);
    await new Promise((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    console.error(thrown.message);
    return thrown.code === 'bad-arguments' ? 2 : 1;
  } finally {
    await gateway?.close();
  }
}
