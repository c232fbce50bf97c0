import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from './fault.js';
import { requireFfmpeg } from './ffmpeg.js';
import { FlvIngest, type FlvIngestEvents } from './flv/ingest.js';
import { addressOf, isSdp, readOffer, text } from './http.js';
import { LiveStream } from './live-stream.js';
import type { PublisherLink, PublishRequest, TagSink } from './rtmp/connection.js';
import { RtmpServer } from './rtmp/server.js';
import { pullRtsp } from './rtsp/pull.js';
import { type RtspUrl, readRtspUrl } from './rtsp/url.js';
import { loadWebRtc, type WebRtc } from './webrtc/load.js';
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
  /** URLs of cameras to pull from, by the name to watch them under. */
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
/** Of HTTP, watching and publishing alike. */
const mostConnections = 2000;
/** A request must have come as a whole by then. */
const requestMs = 20_000;

/** RTMP, RTSP and WHIP in, HLS and WHEP out. */
export class Gateway {
  readonly #options: GatewayOptions;
  /** Or why there is none. */
  readonly #webRtc: WebRtc | Fault;
  readonly #streams = new Map<string, Promise<LiveStream>>();
  readonly #opened = new Map<string, LiveStream>();
  readonly #publishing = new Set<string>();
  readonly #lifetime = new AbortController();
  readonly #whip: WhipEndpoint;
  readonly #http: Server;
  #rtmp: RtmpServer | undefined;
  #pulls: Promise<void>[] = [];

  private constructor(options: GatewayOptions, webRtc: WebRtc | Fault) {
    this.#options = options;
    this.#webRtc = webRtc;
    const { key, webRtcAddresses } = options;
    this.#whip = new WhipEndpoint({
      key,
      addresses: webRtcAddresses,
      webRtc,
      claim: (name, from) => this.#claim(name, `WHIP from ${from}`),
    });
    this.#http = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
      this.#serve(request, response).catch((thrown) => fail(response, thrown));
    });
    this.#http.maxConnections = mostConnections;
  }

  /** @throws Fault `ffmpeg-missing`, `key-required`, `port-taken`, `bad-arguments`. */
  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const { host = '127.0.0.1', key, cameras = new Map<string, string>() } = options;
    requireFfmpeg();
    if (!loopback.has(host) && !key)
      throw new Fault('key-required', `others can reach ${host}: pass a publish key (--key), which encoders then send`);
    const pulled = [...cameras].map(([name, url]) => ({ name, url: readCamera(name, url) }));
    const webRtc = await loadWebRtc();
    const gateway = new Gateway(options, webRtc);
    if (webRtc instanceof Fault) gateway.#log(webRtc.message);
    try {
      await gateway.#listen(host, options.httpPort ?? 8080, options.rtmpPort ?? 1935);
      gateway.#pulls = pulled.map(({ name, url }) => gateway.#pull(name, url));
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
    const onPublish = (request: PublishRequest, link: PublisherLink) => this.#publish(request, link);
    const log = (line: string) => this.#log(line);
    this.#rtmp = await RtmpServer.start({ host, port: rtmpPort, onPublish, log }).catch((cause) => {
      throw taken(rtmpPort, '--rtmp-port', cause);
    });
  }

  get httpPort(): number {
    return (this.#http.address() as AddressInfo).port; // It listens on TCP.
  }

  get rtmpPort(): number {
    return this.#rtmp?.port ?? 0;
  }

  /** WHEP and WHIP are there. */
  get hasWebRtc(): boolean {
    return !(this.#webRtc instanceof Fault);
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }

  #stream(name: string): Promise<LiveStream> {
    const known = this.#streams.get(name);
    if (known) return known;
    const opened = LiveStream.open(name, {
      webRtc: this.#webRtc instanceof Fault ? undefined : this.#webRtc,
      addresses: this.#options.webRtcAddresses,
      log: (line) => this.#log(line),
    });
    this.#streams.set(name, opened);
    opened.then(
      (stream) => this.#opened.set(name, stream),
      () => this.#streams.delete(name),
    );
    return opened;
  }

  async #pull(name: string, url: RtspUrl): Promise<void> {
    const stream = await this.#stream(name);
    await pullRtsp(url, stream, (message) => this.#log(`${name}: ${message}`), this.#lifetime.signal);
  }

  #publish({ app, name, query, from }: PublishRequest, link: PublisherLink): TagSink | { refused: string } {
    const { key } = this.#options;
    if (key !== undefined && query.get('key') !== key) return { refused: 'a wrong key, or none' };
    if (app !== 'live') return { refused: 'publish to rtmp://HOST/live/NAME' };
    const claimed = this.#claim(name, `RTMP from ${from}`);
    if ('refused' in claimed) return claimed;
    const events = {
      tell: (words: string) => {
        claimed.tell(words);
        link.tell(words);
      },
      onEnd: (problem: string) => {
        claimed.release(problem);
        link.close(problem);
      },
      // At once: who comes back must not wait for what ffmpeg still holds.
      onGone: claimed.release,
    };
    return new LateSink(claimed.stream, events);
  }

  /** Lets the name go that nobody has published under for longest. False: all are in use. */
  #makeRoom(): boolean {
    const idle = [...this.#opened.values()].filter(
      ({ name, idleSinceMs }) =>
        idleSinceMs !== undefined && !this.#publishing.has(name) && !this.#options.cameras?.has(name),
    );
    const [oldest] = idle.toSorted((a, b) => (a.idleSinceMs ?? 0) - (b.idleSinceMs ?? 0));
    if (!oldest) return false;
    this.#streams.delete(oldest.name);
    this.#opened.delete(oldest.name);
    oldest.close();
    this.#log(`${oldest.name}: let go, as ${mostStreams} streams are the most`);
    return true;
  }

  /** A name for one publisher, until it is released. */
  #claim(name: string, who: string): Claim | { refused: string } {
    if (!namePattern.test(name)) {
      // It goes to the log, too: short, and on its line.
      const shown = name.slice(0, 64).replace(/[^\x20-\x7e]/g, '·');
      return { refused: `'${shown}' is no name: letters, digits, - and _` };
    }
    if (this.#publishing.has(name) || this.#options.cameras?.has(name)) return { refused: `${name} is in use` };
    if (!this.#streams.has(name) && this.#streams.size >= mostStreams && !this.#makeRoom())
      return { refused: `${mostStreams} streams are the most` };
    this.#publishing.add(name);
    const stream = this.#stream(name);
    this.#log(`${name}: published by ${who}`);
    let over = false;
    const release = (how: string) => {
      if (over) return;
      over = true;
      this.#publishing.delete(name);
      this.#log(`${name}: ${who} has gone: ${how}`);
    };
    return { stream, release, tell: (words) => this.#log(`${name}: ${who}: ${words}`) };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Pages of any origin may watch: what is served here is for whoever can reach it.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'Location');
    response.setHeader('Accept-Post', 'application/sdp');
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PATCH, DELETE');
      response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization, If-Match');
      response.writeHead(204).end();
      return;
    }
    const { url: target = '/' } = request;
    const given = target.startsWith('/') ? `http://gateway${target}` : target;
    if (!URL.canParse(given)) return text(response, 400, 'no address');
    const url = new URL(given);
    const [name = '', ...rest] = url.pathname.slice(1).split('/');
    if (name === '') return this.#list(response);
    if (name === 'whip') return this.#whip.serve(request, response, rest);
    const stream = await this.#streams.get(name);
    if (!stream) return text(response, 404, `no stream '${name}'`);
    const path = rest.join('/');
    if (path === 'whep' || path.startsWith('whep/')) return this.#whep(request, response, stream, rest[1]);
    // The body of an answer to HEAD is left out by Node.
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(response, 405, 'GET alone');
    return stream.hls.serve(path, url.searchParams, response);
  }

  async #list(response: ServerResponse): Promise<void> {
    const streams = await Promise.all(this.#streams.values());
    const list = streams.map(({ name, live, problem, codecs, viewers }) => ({
      name,
      live,
      // Why somebody may see nothing, although it is live.
      problem,
      codecs,
      viewers: viewers?.count ?? 0,
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
    const { viewers } = stream;
    if (!viewers) throw this.#webRtc;
    if (id !== undefined) {
      if (method === 'DELETE') return text(response, viewers.remove(id, 'it stopped watching') ? 200 : 404, '');
      return text(response, 405, 'DELETE alone: all candidates are in offer and answer');
    }
    if (method !== 'POST') return text(response, 405, 'POST an offer');
    if (!isSdp(request)) return text(response, 415, 'application/sdp alone');
    const offer = await readOffer(request);
    if (!(await stream.waitUntilLive(patienceMs))) return text(response, 503, `'${stream.name}' is not live`);
    const { id: made, answerSdp } = await stream.watch(viewers, offer, addressOf(request));
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

/** Takes tags once its stream has been opened; until then they wait. */
class LateSink implements TagSink {
  onRoom: (() => void) | undefined;
  #ingest: FlvIngest | undefined;
  #early: [8 | 9, number, Buffer][] = [];
  #gone: string | undefined;
  readonly #onGone: (how: string) => void;

  constructor(stream: Promise<LiveStream>, events: FlvIngestEvents & { readonly onGone: (how: string) => void }) {
    this.#onGone = events.onGone;
    stream.then(
      (opened) => {
        const ingest = new FlvIngest(opened, events);
        ingest.onRoom = () => this.onRoom?.();
        this.#ingest = ingest;
        for (const tag of this.#early.splice(0)) ingest.tag(...tag);
        if (this.#gone !== undefined) ingest.end(this.#gone);
        this.onRoom?.();
      },
      (thrown) => events.onEnd(String(thrown)),
    );
  }

  tag(type: 8 | 9, timestampMs: number, bytes: Buffer): boolean {
    if (this.#ingest) return this.#ingest.tag(type, timestampMs, bytes);
    this.#early.push([type, timestampMs, bytes]);
    return false;
  }

  end(how: string): void {
    this.#gone = how;
    this.#ingest?.end(how);
    this.#onGone(how);
  }
}

/** @throws Fault `bad-arguments`. */
function readCamera(name: string, url: string): RtspUrl {
  if (!namePattern.test(name))
    throw new Fault('bad-arguments', `a camera's name is letters, digits, - and _: '${name}'`);
  return readRtspUrl(name, url);
}

function taken(port: number, option: string, cause: unknown): Fault {
  return new Fault('port-taken', `port ${port} cannot be had (${String(cause)}): choose another by ${option}`, cause);
}

function fail(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) response.destroy();
  else if (thrown instanceof Fault) text(response, thrown.code === 'werift-missing' ? 501 : 422, thrown.message);
  else text(response, 500, String(thrown));
}
