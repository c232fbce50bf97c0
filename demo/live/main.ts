// `npm run live`: the gateway, and beside it the page that plays its streams.
import { createServer } from 'vite';
import { main as live } from '../../cli/live/main.js';

export const main = (args: readonly string[]): Promise<number> => live(args, servePage);

/** The demo's own server; the page's address. */
async function servePage(host: string, gateway: string): Promise<string> {
  const server = await createServer({ logLevel: 'error', server: { host } });
  await server.listen();
  const [address = ''] = server.resolvedUrls?.local ?? [];
  return `${address.replace(/\/$/, '')}/live/?gateway=${encodeURIComponent(gateway)}`;
}
