import { byId } from './dom.js';

const shapes = {
  play: 'M8 5v14l11-7z',
  pause: 'M6 5h4v14H6zm8 0h4v14h-4z',
  muted: 'M4 9v6h4l5 5V4L8 9zm12.6 3 2.7-2.7-1.3-1.3-2.7 2.7-1 1.3 1 1.3 2.7 2.7 1.3-1.3z',
  sound:
    'M4 9v6h4l5 5V4L8 9zm11.5 3a3.5 3.5 0 0 0-1.5-2.9v5.8a3.5 3.5 0 0 0 1.5-2.9zM14 4.2v2.1a6 6 0 0 1 0 11.4v2.1a8 8 0 0 0 0-15.6z',
  enlarge: 'M5 5h6v2H7v4H5zm8 0h6v6h-2V7h-4zM5 13h2v4h4v2H5zm12 0h2v6h-6v-2h4z',
  shrink: 'M9 5h2v6H5V9h4zm4 0h2v4h4v2h-6zM5 13h6v6H9v-4H5zm8 0h6v2h-4v4h-2z',
} as const;

function paint(button: HTMLButtonElement, shape: keyof typeof shapes, label: string): void {
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shapes[shape]}"/></svg>`;
  button.setAttribute('aria-label', label);
  button.title = label;
}

function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '0:00';
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

/** Controls stay for this long after the last sign of the viewer. */
const lingerMs = 2500;
const seekStepSeconds = 2;

/** Playback controls made by the page: they stand above the enhanced canvas and know nothing of it. */
export class Player {
  readonly #stage: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #play = byId('play', HTMLButtonElement);
  readonly #mute = byId('mute', HTMLButtonElement);
  readonly #fullscreen = byId('fullscreen', HTMLButtonElement);
  readonly #seek = byId('seek', HTMLInputElement);
  readonly #time = byId('time', HTMLOutputElement);
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(stage: HTMLElement, video: HTMLVideoElement) {
    this.#stage = stage;
    this.#video = video;
    this.#play.addEventListener('click', () => this.toggle());
    this.#mute.addEventListener('click', () => {
      video.muted = !video.muted;
    });
    this.#fullscreen.addEventListener('click', () => this.#toggleFullscreen());
    this.#seek.addEventListener('input', () => {
      video.currentTime = (Number(this.#seek.value) / 1000) * (video.duration || 0);
    });
    stage.addEventListener('click', (event) => {
      if (!(event.target instanceof Element && event.target.closest('.controls'))) this.toggle();
    });
    for (const type of ['play', 'pause', 'volumechange', 'timeupdate', 'durationchange', 'seeked'])
      video.addEventListener(type, () => this.#show());
    video.addEventListener('resize', () => {
      if (video.videoWidth > 0) stage.style.setProperty('--aspect', String(video.videoWidth / video.videoHeight));
    });
    document.addEventListener('fullscreenchange', () => this.#show());
    document.addEventListener('keydown', (event) => this.#onKey(event));
    for (const type of ['pointermove', 'pointerdown', 'keydown']) stage.addEventListener(type, () => this.#stir());
    video.addEventListener('play', () => this.#stir());
    this.#show();
  }

  async play(): Promise<void> {
    // Refused without a gesture (NotAllowedError), or cut short by a new source (AbortError): the button shows how it stands.
    await this.#video.play().catch(() => undefined);
  }

  toggle(): void {
    if (this.#video.paused) this.play();
    else this.#video.pause();
  }

  #show(): void {
    const { paused, muted, currentTime, duration } = this.#video;
    paint(this.#play, paused ? 'play' : 'pause', paused ? 'Play' : 'Pause');
    paint(this.#mute, muted ? 'muted' : 'sound', muted ? 'Unmute' : 'Mute');
    const full = document.fullscreenElement !== null;
    paint(this.#fullscreen, full ? 'shrink' : 'enlarge', full ? 'Leave full screen' : 'Full screen');
    this.#time.textContent = `${clock(currentTime)} / ${clock(duration)}`;
    this.#seek.value = String(duration > 0 ? Math.round((currentTime / duration) * 1000) : 0);
    this.#seek.setAttribute('aria-valuetext', `${clock(currentTime)} of ${clock(duration)}`);
    if (paused) this.#stir();
  }

  #stir(): void {
    delete this.#stage.dataset.idle;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (!this.#video.paused) this.#stage.dataset.idle = '';
    }, lingerMs);
  }

  #toggleFullscreen(): void {
    // Refused where the page may not: the picture stays as it is.
    if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
    else this.#stage.requestFullscreen?.().catch(() => undefined);
  }

  #onKey(event: KeyboardEvent): void {
    const busy = event.target instanceof Element && event.target.closest('input, button, a, [role="slider"]');
    if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const video = this.#video;
    const actions: Readonly<Record<string, () => void>> = {
      ' ': () => this.toggle(),
      f: () => this.#toggleFullscreen(),
      m: () => {
        video.muted = !video.muted;
      },
      ArrowLeft: () => {
        video.currentTime = Math.max(video.currentTime - seekStepSeconds, 0);
      },
      ArrowRight: () => {
        video.currentTime = Math.min(video.currentTime + seekStepSeconds, video.duration || 0);
      },
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}
