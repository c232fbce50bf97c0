import Hls from 'hls.js';
import { type Enhanced, enhance, VitreousError } from 'vitreous';
import { connectWhep, type WhepConnection } from 'vitreous/whep';

// Plays what the gateway serves. `?gateway=http://…` names it, `&force` enhances on a software GPU too.

/** A stream as the gateway lists it. */
interface Listed {
  readonly name: string;
  readonly live: boolean;
  /** Why some who watch may see nothing. */
  readonly problem?: string;
  readonly hls: string;
  readonly whep: string;
}

const query = new URLSearchParams(location.search);
const gateway = query.get('gateway') ?? 'http://127.0.0.1:8080';
const force = query.has('force');

function element<E extends Element>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (!found) throw new Error(`no ${selector} on the page`);
  return found;
}

const video = element<HTMLVideoElement>('video');
const form = element<HTMLFormElement>('form');
const streams = element<HTMLSelectElement>('[name=stream]');
const by = element<HTMLSelectElement>('[name=by]');
const wanted = element<HTMLInputElement>('[name=enhanced]');
const compare = element<HTMLInputElement>('[name=compare]');
const status = element<HTMLOutputElement>('output');

let listed: readonly Listed[] = [];
let playing = '';
let stop = new AbortController();
let enhanced: Enhanced | undefined;
let problem = '';
/** What keeps the picture away while the connection stands. */
let stalled = '';
let unreachable = '';

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

async function list(): Promise<void> {
  try {
    listed = await (await fetch(gateway)).json();
    unreachable = '';
  } catch (thrown) {
    unreachable = `no gateway at ${gateway}: start it with npm run live (${messageOf(thrown)})`;
    return;
  }
  const names = listed.filter(({ live }) => live).map(({ name }) => name);
  // What plays stays chosen while its source is away.
  if (streams.value !== '' && !names.includes(streams.value)) names.push(streams.value);
  if (names.join() !== [...streams.options].map(({ value }) => value).join()) {
    const { value } = streams;
    streams.replaceChildren(...names.map((name) => new Option(name, name, name === value, name === value)));
  }
  await play();
}

async function play(): Promise<void> {
  const stream = listed.find(({ name }) => name === streams.value);
  if (!stream || playing === `${stream.name} ${by.value}`) return;
  playing = `${stream.name} ${by.value}`;
  stop.abort();
  stop = new AbortController();
  stalled = '';
  const { signal } = stop;
  try {
    if (by.value === 'whep') tellStalls(await connectWhep(new URL(stream.whep, gateway), { video, signal }));
    else playHls(new URL(stream.hls, gateway).href, signal);
  } catch (thrown) {
    if (signal.aborted) return;
    playing = '';
    problem = messageOf(thrown);
  }
}

function tellStalls(connection: WhepConnection): void {
  const tell = () => {
    stalled = connection.error?.message ?? '';
  };
  for (const type of ['stalled', 'resumed', 'statechange'] as const) connection.addEventListener(type, tell);
}

function playHls(url: string, signal: AbortSignal): void {
  const hls = new Hls({ lowLatencyMode: true });
  signal.addEventListener('abort', () => hls.destroy());
  hls.on(Hls.Events.MANIFEST_PARSED, () => void video.play());
  hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    // The source may come back; the picture stays meanwhile, unless there has been none.
    const again = () => (hls.levels.length > 0 ? hls.startLoad() : hls.loadSource(url));
    if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) setTimeout(() => !signal.aborted && again(), 1000);
    else if (fatal) hls.recoverMediaError();
  });
  // What WebRTC left there would go before hls.js's source.
  video.srcObject = null;
  hls.loadSource(url);
  hls.attachMedia(video);
}

function apply(): void {
  if (!enhanced) return;
  enhanced.enabled = wanted.checked;
  enhanced.set({ compare: compare.checked ? 0.5 : false });
}

form.addEventListener('change', () => {
  apply();
  void play();
});

setInterval(() => void list(), 2000);
setInterval(() => {
  const { state, stats } = enhanced ?? {};
  const { videoWidth, videoHeight } = video;
  const how = stats
    ? `${state}${stats.why ? ` (${stats.why.code})` : ''}, ${stats.tier}, ${stats.fps} fps`
    : 'starting';
  const idle = playing ? `connecting: ${playing}` : 'nothing is live yet';
  const shown = videoWidth > 0 ? `${playing}: ${videoWidth}x${videoHeight}, ${how}` : idle;
  const note = stalled || listed.find(({ name }) => name === streams.value)?.problem;
  status.textContent = unreachable || problem || (note ? `${shown}. ${note}` : shown);
}, 500);
await list();
try {
  enhanced = await enhance(video, { upscale: { force }, compare: compare.checked && 0.5 });
  apply();
} catch (thrown) {
  problem = thrown instanceof VitreousError ? `plays natively: ${thrown.message}` : messageOf(thrown);
}
