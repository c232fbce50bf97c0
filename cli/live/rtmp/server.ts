import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type OnPublish, RtmpConnection } from './connection.js';

export interface RtmpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly onPublish: OnPublish;
  /** Told of everybody who comes and is not let in, or goes before publishing. */
  readonly log: (line: string) => void;
}

const mostConnections = 64;

/** Takes RTMP publishers (OBS, ffmpeg, encoders); gives nothing back to players. */
export class RtmpServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor({ onPublish, log }: RtmpServerOptions) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      new RtmpConnection(socket, onPublish, log);
    });
    this.#server.maxConnections = mostConnections;
    this.#server.on('drop', (who) =>
      log(`RTMP: ${who?.remoteAddress} was turned away: ${mostConnections} connections are the most`),
    );
  }

  /** Rejects where it cannot listen there. */
  static async start(options: RtmpServerOptions): Promise<RtmpServer> {
    const made = new RtmpServer(options);
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', reject);
      made.#server.listen(options.port, options.host, resolve);
    });
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // It listens on TCP.
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
