import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { type AmfValue, decodeAmf, encodeAmf } from './amf.js';
import { ChunkReader, encodeMessage, messageType, type RtmpMessage, sentChunkBytes } from './chunks.js';

/** Who wants to publish what. */
export interface PublishRequest {
  readonly app: string;
  readonly name: string;
  /** What follows `?` in the stream's name. */
  readonly query: URLSearchParams;
}

/** Takes what is published. */
export interface TagSink {
  /** A message as FLV has it. False: wait for `onRoom`. */
  tag(type: 8 | 9 | 18, timestampMs: number, body: Buffer): boolean;
  onRoom: (() => void) | undefined;
  end(): void;
}

export interface RtmpServerOptions {
  readonly host: string;
  readonly port: number;
  /** A sink, or why not. `close` ends the publisher's connection. */
  readonly onPublish: (request: PublishRequest, close: () => void) => TagSink | { readonly refused: string };
}

const handshakeBytes = 1536;
const windowBytes = 2_500_000;
/** From connecting to publishing. */
const patienceMs = 10_000;
const mostConnections = 64;

/** Takes RTMP publishers (OBS, ffmpeg, encoders); gives nothing back to players. */
export async function startRtmpServer(options: RtmpServerOptions): Promise<Server> {
  const server = createServer((socket) => new Publisher(socket, options));
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return server;
}

/** One connection: handshake, commands, media. */
class Publisher {
  readonly #socket: Socket;
  readonly #onPublish: RtmpServerOptions['onPublish'];
  readonly #reader = new ChunkReader();
  #handshake: Buffer | 'done' = Buffer.alloc(0);
  #answered = false;
  #app = '';
  #sink: TagSink | undefined;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;

  constructor(socket: Socket, { onPublish }: RtmpServerOptions) {
    this.#socket = socket;
    this.#onPublish = onPublish;
    socket.setNoDelay(true);
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  #onData(bytes: Buffer): void {
    try {
      this.#acknowledge(bytes.length);
      const rest = this.#handshake === 'done' ? bytes : this.#shake(Buffer.concat([this.#handshake, bytes]));
      if (rest) for (const message of this.#reader.push(rest)) this.#onMessage(message);
    } catch {
      // No RTMP, or nothing that we can read: the other side sees the end of the connection.
      this.#socket.destroy();
    }
  }

  /** §5.2, without digests: C0 C1 → S0 S1 S2, then C2. Gives what follows it. */
  #shake(received: Buffer): Buffer | undefined {
    if (received.length > 0 && received[0] !== 3) throw new RangeError(`RTMP: version ${received[0]}`);
    if (!this.#answered && received.length > handshakeBytes) {
      this.#answered = true;
      const own = randomBytes(handshakeBytes);
      own.writeUInt32BE(0, 0);
      own.writeUInt32BE(0, 4);
      this.#socket.write(Buffer.concat([Buffer.from([3]), own, received.subarray(1, handshakeBytes + 1)]));
    }
    const whole = 1 + 2 * handshakeBytes;
    this.#handshake = received.length < whole ? received : 'done';
    return received.length < whole ? undefined : received.subarray(whole);
  }

  #acknowledge(bytes: number): void {
    this.#receivedBytes += bytes;
    if (this.#receivedBytes - this.#acknowledgedBytes < windowBytes) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    this.#control(messageType.acknowledgement, this.#receivedBytes >>> 0);
  }

  #onMessage({ type, timestampMs, body }: RtmpMessage): void {
    if (type === messageType.command) this.#onCommand(decodeAmf(body));
    else if (type === messageType.amf3Command) this.#onCommand(decodeAmf(body.subarray(1)));
    else if (type === messageType.audio || type === messageType.video) this.#tag(type, timestampMs, body);
    else if (type === messageType.data) {
      // FLV has `onMetaData` without the command that RTMP puts before it.
      const [name] = decodeAmf(body);
      if (name === '@setDataFrame') this.#tag(type, timestampMs, body.subarray(encodeAmf(name).length));
    }
  }

  #tag(type: 8 | 9 | 18, timestampMs: number, body: Buffer): void {
    if (!this.#sink || body.length === 0) return;
    if (!this.#sink.tag(type, timestampMs, body)) this.#socket.pause();
  }

  #onCommand([name, transaction, command, argument]: AmfValue[]): void {
    switch (name) {
      case 'connect':
        this.#connect(transaction, command);
        break;
      case 'releaseStream':
      case 'FCPublish':
        this.#send(0, '_result', transaction, null, undefined);
        break;
      case 'createStream':
        this.#send(0, '_result', transaction, null, 1);
        break;
      case 'publish':
        this.#publish(typeof argument === 'string' ? argument : '');
        break;
      case 'play':
        this.#status('error', 'NetStream.Play.Failed', 'this server takes streams; watch them by HLS or WHEP');
        break;
      case 'deleteStream':
      case 'closeStream':
      case 'FCUnpublish':
        this.#end();
        break;
    }
  }

  #connect(transaction: AmfValue, command: AmfValue): void {
    const { app } = typeof command === 'object' && command !== null ? command : { app: '' };
    this.#app = typeof app === 'string' ? app : '';
    this.#control(messageType.windowSize, windowBytes);
    this.#control(messageType.peerBandwidth, windowBytes, 2);
    this.#control(messageType.setChunkSize, sentChunkBytes);
    const server = { fmsVer: 'FMS/3,0,1,123', capabilities: 31 };
    const code = 'NetConnection.Connect.Success';
    this.#send(0, '_result', transaction, server, { level: 'status', code, description: '', objectEncoding: 0 });
  }

  #publish(argument: string): void {
    const [name = '', query = ''] = argument.split('?', 2);
    // Some encoders put the query behind the application: rtmp://host/live?key=…/name
    const [app = '', appQuery = ''] = this.#app.split('?', 2);
    const request = { app, name, query: new URLSearchParams(query || appQuery) };
    const sink = this.#onPublish(request, () => this.#socket.destroy());
    if ('refused' in sink) {
      this.#status('error', 'NetStream.Publish.BadName', sink.refused);
      this.#socket.end();
      return;
    }
    this.#sink = sink;
    sink.onRoom = () => this.#socket.resume();
    this.#status('status', 'NetStream.Publish.Start', `${name} is live`);
  }

  #status(level: string, code: string, description: string): void {
    this.#send(1, 'onStatus', 0, null, { level, code, description });
  }

  #send(streamId: number, ...values: AmfValue[]): void {
    const message = { type: messageType.command, timestampMs: 0, streamId, body: encodeAmf(...values) };
    this.#socket.write(encodeMessage(3, message));
  }

  #control(type: number, value: number, ...rest: number[]): void {
    const body = Buffer.alloc(4);
    body.writeUInt32BE(value);
    const message = { type, timestampMs: 0, streamId: 0, body: Buffer.concat([body, Buffer.from(rest)]) };
    this.#socket.write(encodeMessage(2, message));
  }

  #end(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
    this.#socket.resume();
  }
}
