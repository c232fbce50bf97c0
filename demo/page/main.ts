import { clips, clipUrl, showClips, smallClip } from './clips.js';
import { byId, checkedValue, onChoice } from './dom.js';
import { Enhancement, type Report, type TierChoice } from './enhancement.js';
import { Finder } from './finder.js';
import { Loupe } from './loupe.js';
import { acceptDrops } from './open-file.js';
import { Player } from './player.js';
import { SoftwareTrial } from './software-trial.js';
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
const clipGroup = byId('clips', HTMLFieldSetElement);

function showReport(report: Report): void {
  // What begins now reports for itself.
  if (report.offerForce && trial.begin()) return;
  const tried = trial.underWay && report.tone === 'busy';
  show(tried ? { ...report, text: `Only a software GPU here: trying network S on it. ${report.text}` } : report);
}

function show({ tone, text, code, offerForce = false }: Report): void {
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
  adopt: (enhanced) => {
    finder.follow(enhanced);
    void trial.judge(enhanced);
  },
});
const finder = new Finder((wanted) => {
  trial.end();
  enhancement.wanted = wanted;
});

const trial = new SoftwareTrial({
  begin: () => {
    const former = checkedValue(clipGroup);
    showClip(smallClip);
    insist();
    return () => {
      showClip(former);
      check(tierGroup, 'auto');
      enhancement.unforce('auto');
    };
  },
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

/** Checks a radio button as if the page had begun so: nobody is told. */
function check(group: Element, value: string): void {
  const radio = group.querySelector<HTMLInputElement>(`[value="${value}"]`);
  if (radio) radio.checked = true;
}

/** Another clip than the one that was asked for; the one that plays plays on. */
function showClip(id: string): void {
  if (checkedValue(clipGroup) === id) return;
  check(clipGroup, id);
  play(clipUrl(id));
}

/** On a software GPU too: a fixed tier is never given up for being slow. */
function insist(): void {
  check(tierGroup, 'S');
  enhancement.force('S');
}

let objectUrl: string | undefined;

function play(url: string): void {
  if (objectUrl) URL.revokeObjectURL(objectUrl);
  objectUrl = url.startsWith('blob:') ? url : undefined;
  // A file that could not be played has paused the element, not the viewer.
  const wasPlaying = !video.paused || video.currentSrc === '' || video.error !== null;
  video.src = url;
  if (wasPlaying && !reducedMotion()) player.play();
}

const reducedMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

function openFile(file: File): void {
  trial.end();
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
  insist();
  stage.focus();
});

// `?clip=square&find=person` opens a clip at once, and looks for something; `software` insists on a software GPU.
const parameters = new URLSearchParams(location.search);
finder.prompts = parameters.get('find') ?? '';
const asked = clips.find(({ id }) => id === parameters.get('clip'))?.id;
const first = asked ?? 'bunny';
// Who asks for a clip, for something in it, or for no motion gets that: another one is not tried.
if ((asked && asked !== smallClip) || finder.wanted.prompts.length > 0 || reducedMotion()) trial.end();
const clipChoices = clipGroup.querySelector('.choices');
if (clipChoices) showClips(clipChoices, first, openFile);
onChoice(clipGroup, (id) => {
  trial.end();
  play(clipUrl(id));
});
showTiers(tierGroup);
onChoice(tierGroup, (choice) => {
  trial.end();
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
if (parameters.has('software')) {
  trial.end();
  insist();
}
