import { clips, clipUrl, showClips } from './clips.js';
import { byId, onChoice } from './dom.js';
import { Enhancement, type Report, type TierChoice } from './enhancement.js';
import { Finder } from './finder.js';
import { Loupe } from './loupe.js';
import { acceptDrops } from './open-file.js';
import { Player } from './player.js';
import { Split } from './split.js';
import { showStats } from './stats.js';
import { onStrength } from './strength.js';
import { showTiers } from './tiers.js';

type View = 'full' | 'split' | 'loupe';

const stage = byId('stage', HTMLElement);
const video = byId('video', HTMLVideoElement);
const debug = byId('debug', HTMLInputElement);
const status = {
  box: byId('status', HTMLElement),
  text: byId('status-text', HTMLElement),
  code: byId('status-code', HTMLElement),
  force: byId('force', HTMLButtonElement),
};
const tierGroup = byId('tier', HTMLFieldSetElement);

function showReport({ tone, text, code, offerForce = false }: Report): void {
  status.box.dataset.tone = tone;
  if (status.text.textContent !== text) status.text.textContent = text;
  status.code.textContent = code ?? '';
  status.code.hidden = code === undefined;
  status.force.hidden = !offerForce;
  stage.dataset.state = enhancement.current?.state ?? 'none';
}

const player = new Player(stage, video);
const enhancement: Enhancement = new Enhancement(video, {
  report: showReport,
  frame: (canvas) => loupe.capture(canvas),
  adopt: (enhanced) => finder.follow(enhanced),
});
const finder = new Finder((wanted) => {
  enhancement.wanted = wanted;
});

const split = new Split(
  { stage, video, box: byId('split', HTMLElement), handle: byId('split-handle', HTMLElement) },
  () => {
    enhancement.compare = split.at;
  },
);
const loupe = new Loupe(
  { stage, video, box: byId('loupe', HTMLElement), canvas: byId('loupe-canvas', HTMLCanvasElement) },
  () => {
    // A changed setting draws the last frame again, in this task.
    const { current } = enhancement;
    current?.set({ compare: false });
    if (current?.state === 'running') loupe.capture(current.canvas);
  },
);

function chooseView(view: View): void {
  split.visible = view === 'split';
  enhancement.compare = view === 'split' ? split.at : false;
  loupe.visible = view === 'loupe';
}

let objectUrl: string | undefined;

function play(url: string): void {
  if (objectUrl) URL.revokeObjectURL(objectUrl);
  objectUrl = url.startsWith('blob:') ? url : undefined;
  // A file that could not be played has paused the element, not the viewer.
  const wasPlaying = !video.paused || video.currentSrc === '' || video.error !== null;
  video.src = url;
  if (wasPlaying && !matchMedia('(prefers-reduced-motion: reduce)').matches) player.play();
}

function openFile(file: File): void {
  const name = document.getElementById('file-name');
  if (name) name.textContent = file.name.length > 24 ? `${file.name.slice(0, 22)}…` : file.name;
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="clip"]')) radio.checked = false;
  play(URL.createObjectURL(file));
}

video.addEventListener('error', () => {
  if (video.error)
    showReport({ tone: 'warn', text: 'The browser cannot play this file. Try another one.', code: 'video-error' });
});
status.force.addEventListener('click', () => {
  // A fixed tier is never given up for being slow.
  const quick = tierGroup.querySelector<HTMLInputElement>('[value="S"]');
  if (quick) quick.checked = true;
  enhancement.force('S');
  stage.focus();
});

// `?clip=square&find=person` opens a clip at once, and looks for something.
const parameters = new URLSearchParams(location.search);
finder.prompts = parameters.get('find') ?? '';
const first = clips.find(({ id }) => id === parameters.get('clip'))?.id ?? 'bunny';
const clipGroup = byId('clips', HTMLFieldSetElement);
const clipChoices = clipGroup.querySelector('.choices');
if (clipChoices) showClips(clipChoices, first, openFile);
onChoice(clipGroup, (id) => play(clipUrl(id)));
showTiers(tierGroup);
onChoice(tierGroup, (choice) => {
  enhancement.choice = choice as TierChoice; // The values in index.html and the tiers.
});
onChoice(byId('view', HTMLFieldSetElement), (view) => chooseView(view as View)); // The values in index.html.
debug.addEventListener('change', () => {
  enhancement.debug = debug.checked;
});
onStrength((strength) => {
  enhancement.strength = strength;
});
acceptDrops(openFile);
showStats(byId('stats', HTMLElement), () => enhancement.current?.stats);

chooseView('split');
play(clipUrl(first));
enhancement.wanted = finder.wanted;
