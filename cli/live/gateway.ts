import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { Fault } from './fault.js';
import { requireFfmpeg } from './ffmpeg.js';
import { readOffer, text } from './http.js';
import { LiveStream } from './live-stream.js';
import { RtmpIngest } from './rtmp/ingest.js';
import { type PublishRequest, startRtmpServer, type TagSink } from './rtmp/server.js';
import { pullRtsp } from './rtsp-pull.js';
import { type Claim, WhipEndpoint } from './whip/endpoint.js';

export interface GatewayOptions {
  /** Default 127.0.0.1: this machine alone. Anything else needs `key`. */
  readonly host?: string | undefined;
  /** HLS, WHEP and WHIP. Default 8080; 0: any. */
  readonly httpPort?: number | undefined;
  /** Default 1935; 0: any. */
  readonly rtmpPort?: number | undefined;
  /** Publishers must send it: `rtmp://host/live/NAME?key=…`, or as WHIP's bearer token. */
  readonly key?: string | undefined;
  /** Cameras to pull from, by the name to watch them under. */
  readonly cameras?: ReadonlyMap<string, string> | undefined;
  /** Addresses that WebRTC goes over. Default: all of this machine. */
  readonly webRtcAddresses?: readonly string[] | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);
/** `/whip/…` is where publishers post. */
const namePattern = /^(?!whip$)[\w-]{1,64}$/;
const mostStreams = 32;
/** Who asks for a stream before it is there waits so long. */
const patienceMs = 4000;

/** RTMP, RTSP and WHIP in, HLS and WHEP out. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #streams = new Map<string, Promise<LiveStream>>();
  readonly #publishing = new Set<string>();
  readonly #lifetime = new AbortController();
  readonly #whip: WhipEndpoint;
  readonly #http: Server;
  #rtmp: TcpServer | undefined;
  #pulls: Promise<void>[] = [];

  private constructor(options: GatewayOptions) {
    this.#options = options;
    const { key, webRtcAddresses } = options;
    this.#whip = new WhipEndpoint({
      key,
      addresses: webRtcAddresses,
      claim: (name) => this.#claim(name, 'WHIP'),
    });
    this.#http = createServer((request, response) => {
      this.#serve(request, response).catch((thrown) => fail(response, thrown));
    });
  }

  /** @throws Fault `ffmpeg-missing`, `key-required`, `port-taken`, `bad-arguments`. */
  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const { host = '127.0.0.1', key, cameras = new Map<string, string>() } = options;
    requireFfmpeg();
    if (!loopback.has(host) && !key)
      throw new Fault('key-required', `others can reach ${host}: pass a publish key (--key), which encoders then send`);
    for (const [name, url] of cameras) checkCamera(name, url);
    const gateway = new Gateway(options);
    try {
      await gateway.#listen(host, options.httpPort ?? 8080, options.rtmpPort ?? 1935);
      gateway.#pulls = [...cameras].map(([name, url]) => gateway.#pull(name, url));
    } catch (thrown) {
      await gateway.close();
      throw thrown;
    }
    return gateway;
  }

  async #listen(host: string, httpPort: number, rtmpPort: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (cause) => reject(taken(httpPort, '--http-port', cause)));
      this.#http.listen(httpPort, host, resolve);
    });
    const onPublish = (request: PublishRequest, close: () => void) => this.#publish(request, close);
    this.#rtmp = await startRtmpServer({ host, port: rtmpPort, onPublish }).catch((cause) => {
      throw taken(rtmpPort, '--rtmp-port', cause);
    });
  }

  get httpPort(): number {
    return portOf(this.#http);
  }

  get rtmpPort(): number {
    return this.#rtmp ? portOf(this.#rtmp) : 0;
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }

  #stream(name: string): Promise<LiveStream> {
    const { webRtcAddresses } = this.#options;
    const known = this.#streams.get(name);
    if (known) return known;
    const opened = LiveStream.open(name, { addresses: webRtcAddresses });
    this.#streams.set(name, opened);
    return opened;
  }

  async #pull(name: string, url: string): Promise<void> {
    const stream = await this.#stream(name);
    await pullRtsp(url, stream, (message) => this.#log(`${name}: ${message}`), this.#lifetime.signal);
  }

  #publish({ app, name, query }: PublishRequest, close: () => void): TagSink | { refused: string } {
    const { key } = this.#options;
    if (key !== undefined && query.get('key') !== key) return { refused: 'a wrong key, or none' };
    if (app !== 'live') return { refused: 'publish to rtmp://HOST/live/NAME' };
    const claimed = this.#claim(name, 'RTMP');
    if ('refused' in claimed) return claimed;
    return new LateSink(claimed.stream, (problem) => {
      claimed.release(problem);
      close();
    });
  }

  /** A name for one publisher, until it is released. */
  #claim(name: string, by: string): Claim | { refused: string } {
    if (!namePattern.test(name)) return { refused: `'${name}' is no name: letters, digits, - and _` };
    if (this.#publishing.has(name) || this.#options.cameras?.has(name)) return { refused: `${name} is in use` };
    if (!this.#streams.has(name) && this.#streams.size >= mostStreams) return { refused: 'too many streams' };
    this.#publishing.add(name);
    this.#log(`${name}: published by ${by}`);
    const release = (problem: string) => {
      if (this.#publishing.delete(name)) this.#log(`${name}: ${problem || 'the publisher has gone'}`);
    };
    return { stream: this.#stream(name), release };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://gateway');
    // Pages of any origin may watch: what is served here is for whoever can reach it.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'Location');
    response.setHeader('Accept-Post', 'application/sdp');
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PATCH, DELETE');
      response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization, If-Match');
      response.writeHead(204).end();
      return;
    }
    const [name = '', ...rest] = url.pathname.slice(1).split('/');
    if (name === '') return this.#list(response);
    if (name === 'whip') return this.#whip.serve(request, response, rest);
    const stream = await this.#streams.get(name);
    if (!stream) return text(response, 404, `no stream '${name}'`);
    const path = rest.join('/');
    if (path === 'whep' || path.startsWith('whep/')) return this.#whep(request, response, stream, rest[1]);
    if (request.method !== 'GET') return text(response, 405, 'GET alone');
    return stream.hls.serve(path, url.searchParams, response);
  }

  async #list(response: ServerResponse): Promise<void> {
    const streams = await Promise.all(this.#streams.values());
    const list = streams.map(({ name, live, codecs, viewers }) => ({
      name,
      live,
      codecs,
      viewers: viewers.count,
      hls: `/${name}/index.m3u8`,
      whep: `/${name}/whep`,
    }));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(list));
  }

  async #whep(
    request: IncomingMessage,
    response: ServerResponse,
    stream: LiveStream,
    id: string | undefined,
  ): Promise<void> {
    const { method } = request;
    if (id !== undefined) {
      if (method === 'DELETE') return text(response, stream.viewers.remove(id) ? 200 : 404, '');
      return text(response, 405, 'DELETE alone: all candidates are in offer and answer');
    }
    if (method !== 'POST') return text(response, 405, 'POST an offer');
    const offer = await readOffer(request);
    if (!(await stream.waitUntilLive(patienceMs))) return text(response, 503, `'${stream.name}' is not live`);
    const { id: made, answerSdp } = await stream.watch(offer);
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: `/${stream.name}/whep/${made}` });
    response.end(answerSdp);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#lifetime.abort();
    this.#whip.close();
    this.#rtmp?.close();
    this.#http.close();
    this.#http.closeAllConnections();
    for (const stream of await Promise.all(this.#streams.values())) stream.close();
    await Promise.all(this.#pulls);
  }
}

/** Takes tags while its stream is still being opened. */
class LateSink implements TagSink {
  onRoom: (() => void) | undefined;
  #ingest: RtmpIngest | undefined;
  #early: [8 | 9 | 18, number, Buffer][] = [];
  #ended = false;

  constructor(stream: Promise<LiveStream>, onEnd: (problem: string) => void) {
    stream.then(
      (opened) => {
        const ingest = new RtmpIngest(opened, onEnd);
        ingest.onRoom = () => this.onRoom?.();
        this.#ingest = ingest;
        for (const tag of this.#early.splice(0)) ingest.tag(...tag);
        if (this.#ended) ingest.end();
      },
      (thrown) => onEnd(String(thrown)),
    );
  }

  tag(type: 8 | 9 | 18, timestampMs: number, bytes: Buffer): boolean {
    if (this.#ingest) return this.#ingest.tag(type, timestampMs, bytes);
    this.#early.push([type, timestampMs, bytes]);
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#ingest?.end();
  }
}

const portOf = (server: TcpServer): number => (server.address() as AddressInfo).port; // It listens on TCP.

function checkCamera(name: string, url: string): void {
  if (!namePattern.test(name))
    throw new Fault('bad-arguments', `a camera's name is letters, digits, - and _: '${name}'`);
  if (!/^rtsps?:\/\//.test(url) || !URL.canParse(url)) throw new Fault('bad-arguments', `${name}: no rtsp:// URL`);
}

function taken(port: number, option: string, cause: unknown): Fault {
  return new Fault('port-taken', `port ${port} cannot be had (${String(cause)}): choose another by ${option}`, cause);
}

function fail(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) response.destroy();
  else if (thrown instanceof Fault) text(response, 422, thrown.message);
  else text(response, 500, String(thrown));
}
