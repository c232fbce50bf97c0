import type { Socket } from 'node:net';
import { type AmfValue, decodeAmf, encodeAmf } from './amf.js';
import { ChunkReader, encodeMessage, messageType, type RtmpMessage, sentChunkBytes } from './chunks.js';
import { Handshake } from './handshake.js';

/** Who wants to publish what. */
export interface PublishRequest {
  readonly app: string;
  readonly name: string;
  /** What follows `?` in the stream's name. */
  readonly query: URLSearchParams;
  /** Address and port. */
  readonly from: string;
}

/** Takes what is published. */
export interface TagSink {
  /** A message as FLV has it. False: wait for `onRoom`. */
  tag(type: 8 | 9, timestampMs: number, body: Buffer): boolean;
  onRoom: (() => void) | undefined;
  /** The publisher has gone; `how` it went. */
  end(how: string): void;
}

/** What a sink may do to its publisher. */
export interface PublisherLink {
  /** Says something to it; encoders may show it, or not. */
  tell(words: string): void;
  /** Ends its connection, and says why. Idempotent. */
  close(why: string): void;
}

export type OnPublish = (request: PublishRequest, link: PublisherLink) => TagSink | { readonly refused: string };

const windowBytes = 2_500_000;
/** From connecting to publishing, in all. */
const patienceMs = 10_000;
/** A publisher that sends nothing for so long is gone. */
const silenceMs = 30_000;
/** What was said last gets so long to arrive. */
const partingMs = 1000;
/** Commands alone: nobody has been let in yet. */
const mostBytesBeforePublishing = 64 * 1024;
/** More than any frame. */
const mostBytes = 16 * 1024 * 1024;
/** Answers that the other side does not read. */
const mostUnreadBytes = 256 * 1024;
/** Name, transaction, command object, argument: nothing behind them matters. */
const wantedValues = 4;
const longestQuote = 80;
/** Where all publish to. */
const onlyApp = 'live';

/** One connection: handshake, commands, media. */
export class RtmpConnection {
  readonly #socket: Socket;
  readonly #onPublish: OnPublish;
  readonly #log: (line: string) => void;
  readonly #from: string;
  readonly #reader = new ChunkReader(mostBytesBeforePublishing);
  #handshake: Handshake | undefined = new Handshake();
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #app = '';
  #sink: TagSink | undefined;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  /** Why it ended, as far as we know; the first reason counts. */
  #why: string | undefined;

  constructor(socket: Socket, onPublish: OnPublish, log: (line: string) => void) {
    this.#socket = socket;
    this.#onPublish = onPublish;
    this.#log = log;
    this.#from = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#await();
    socket.setNoDelay(true);
    socket.setTimeout(silenceMs, () => this.#destroy(`it sent nothing for ${silenceMs / 1000} s`));
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('end', () => this.#leave('it closed its connection'));
    socket.on('error', (error) => this.#destroy(`its connection broke (${error.message})`));
    socket.on('close', () => this.#onClose());
  }

  /** Whoever is not publishing has so long to begin. */
  #await(): void {
    this.#reader.mostBytes = mostBytesBeforePublishing;
    this.#deadline ??= setTimeout(() => this.#destroy(`it did not publish within ${patienceMs / 1000} s`), patienceMs);
  }

  #onData(bytes: Buffer): void {
    if (this.#why !== undefined) return;
    try {
      this.#acknowledge(bytes.length);
      const rest = this.#handshake ? this.#shake(this.#handshake, bytes) : bytes;
      for (const message of rest ? this.#reader.push(rest) : []) {
        if (this.#why !== undefined) return;
        this.#onMessage(message);
      }
    } catch (thrown) {
      this.#destroy(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #shake(handshake: Handshake, bytes: Buffer): Buffer | undefined {
    const { answer, rest } = handshake.push(bytes);
    if (answer) this.#write(answer);
    if (rest) this.#handshake = undefined;
    return rest;
  }

  #acknowledge(bytes: number): void {
    this.#receivedBytes += bytes;
    if (this.#receivedBytes - this.#acknowledgedBytes < windowBytes) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    this.#control(messageType.acknowledgement, this.#receivedBytes >>> 0);
  }

  /** Everything else, `onMetaData` among it, is not needed: ffmpeg reads what the media themselves say. */
  #onMessage({ type, timestampMs, body }: RtmpMessage): void {
    const isCommand = type === messageType.command || type === messageType.amf3Command;
    // None that is needed is longer, also where a frame may be.
    if (isCommand && body.length > mostBytesBeforePublishing) return;
    if (type === messageType.command) this.#onCommand(body);
    // Its first byte says how the rest is encoded; some leave it out.
    else if (type === messageType.amf3Command) this.#onCommand(body[0] === 0 ? body.subarray(1) : body);
    else if (type === messageType.audio || type === messageType.video) this.#tag(type, timestampMs, body);
  }

  #tag(type: 8 | 9, timestampMs: number, body: Buffer): void {
    if (!this.#sink || body.length === 0) return;
    if (!this.#sink.tag(type, timestampMs, body)) this.#socket.pause();
  }

  #onCommand(body: Buffer): void {
    const { values, problem } = decodeAmf(body, wantedValues);
    const [name, transaction, command, argument] = values;
    switch (name) {
      case 'connect':
        this.#connect(transaction, command, problem === undefined);
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
        this.#unpublish('it stopped publishing');
        this.#await();
        break;
    }
  }

  #connect(transaction: AmfValue, command: AmfValue, complete: boolean): void {
    const app = typeof command === 'object' && command !== null && 'app' in command ? command.app : undefined;
    // What stands before it may be of a kind that cannot be passed over: then it counts as the only one there is.
    this.#app = typeof app === 'string' ? app.replace(/\/+(?=$|\?)/, '') : complete ? '' : onlyApp;
    this.#control(messageType.windowSize, windowBytes);
    this.#control(messageType.peerBandwidth, windowBytes, 2);
    this.#control(messageType.setChunkSize, sentChunkBytes);
    const server = { fmsVer: 'FMS/3,0,1,123', capabilities: 31 };
    const code = 'NetConnection.Connect.Success';
    this.#send(0, '_result', transaction, server, { level: 'status', code, description: '', objectEncoding: 0 });
  }

  #publish(argument: string): void {
    const [name, query] = atQuestionMark(argument);
    if (this.#sink) {
      this.#status('error', 'NetStream.Publish.BadName', 'one stream a connection');
      return;
    }
    // Some encoders put the query behind the application: rtmp://host/live?key=…/name
    const [app, appQuery] = atQuestionMark(this.#app);
    // A key is typed as it is: '+' is no space there.
    const fields = new URLSearchParams((query || appQuery).replaceAll('+', '%2B'));
    const request = { app, name, query: fields, from: this.#from };
    // What was published before on this connection has no say any more.
    const link = {
      tell: (words: string) => {
        if (this.#sink === sink) this.#status('warning', 'NetStream.Publish.Warning', words);
      },
      close: (why: string) => {
        if (this.#sink === sink) this.#close('NetStream.Failed', why);
      },
    };
    const sink = this.#onPublish(request, link);
    if ('refused' in sink) {
      this.#close('NetStream.Publish.BadName', sink.refused, `'${quote(name)}' was refused: ${sink.refused}`);
      return;
    }
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#reader.mostBytes = mostBytes;
    this.#sink = sink;
    sink.onRoom = () => this.#socket.resume();
    this.#status('status', 'NetStream.Publish.Start', `${name} is live`);
  }

  #status(level: string, code: string, description: string): void {
    this.#send(1, 'onStatus', 0, null, { level, code, description });
  }

  #send(streamId: number, ...values: AmfValue[]): void {
    const message = { type: messageType.command, timestampMs: 0, streamId, body: encodeAmf(...values) };
    this.#write(encodeMessage(3, message));
  }

  #control(type: number, value: number, ...rest: number[]): void {
    const body = Buffer.alloc(4);
    body.writeUInt32BE(value);
    const message = { type, timestampMs: 0, streamId: 0, body: Buffer.concat([body, Buffer.from(rest)]) };
    this.#write(encodeMessage(2, message));
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > mostUnreadBytes) this.#destroy('it does not read what it is told');
  }

  /** We end it, and say why. */
  #close(code: string, why: string, logged = why): void {
    if (this.#why !== undefined) return;
    this.#status('error', code, why);
    this.#leave(logged);
    this.#socket.end();
    // What it still sends is not kept.
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), partingMs).unref();
  }

  #destroy(why: string): void {
    this.#leave(why);
    this.#socket.destroy();
  }

  #leave(why: string): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    clearTimeout(this.#deadline);
    const published = this.#sink !== undefined;
    this.#unpublish(why);
    if (!published) this.#log(`RTMP: ${this.#from} left without publishing: ${why}`);
  }

  #unpublish(how: string): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end(how);
    this.#socket.resume();
  }

  #onClose(): void {
    this.#leave('its connection ended');
  }
}

/** A name that somebody else has chosen, for the log: short, and on its line. */
const quote = (name: string): string => name.slice(0, longestQuote).replace(/[^\x20-\x7e]/g, '·');

/** What stands before the first '?', and behind it. */
function atQuestionMark(text: string): [before: string, behind: string] {
  const at = text.indexOf('?');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
