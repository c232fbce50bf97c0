import { Gateway, type GatewayOptions } from '../cli/live/gateway.js';
import { test as base } from './fixtures.js';
import { StampedSource, type StampedTarget } from './live-stamps.js';

interface LiveFixtures {
  /** Starts a gateway on free ports of this machine, closed after the test. */
  startGateway(options?: GatewayOptions): Promise<Gateway>;
  /** Starts a stamped source, stopped after the test. */
  startSource(target: StampedTarget, rate?: number): StampedSource;
}

const given: string[] = JSON.parse(process.env.VITREOUS_CHROMIUM_ARGS ?? '[]');
const executablePath = process.env.VITREOUS_CHROMIUM;

/** A browser that speaks WebRTC with this machine alone, and has a camera that needs no permission. */
export const liveLaunchOptions = {
  ...(executablePath ? { executablePath } : {}),
  args: [
    ...given,
    '--autoplay-policy=no-user-gesture-required',
    '--allow-loopback-in-peer-connection',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
};

export const test = base.extend<LiveFixtures>({
  startGateway: async ({ browserName: _ }, use) => {
    const gateways: Gateway[] = [];
    await use(async (options) => {
      const ports = { httpPort: 0, rtmpPort: 0, webRtcAddresses: ['127.0.0.1'] };
      const gateway = await Gateway.start({ ...ports, ...options });
      gateways.push(gateway);
      return gateway;
    });
    for (const gateway of gateways) await gateway.close();
  },
  startSource: async ({ browserName: _ }, use) => {
    const sources: StampedSource[] = [];
    await use((target, rate) => {
      const source = new StampedSource(target, rate);
      sources.push(source);
      return source;
    });
    for (const source of sources) await source.stop();
  },
});

export { expect } from './fixtures.js';
