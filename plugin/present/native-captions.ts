/** Set on the video while its own captions are drawn by us instead. */
const marker = 'data-vitreous-captions';
/** The browser draws cues inside the video, below any overlay; in the bars beside the picture they would show twice. */
const hideNative = `video[${marker}]::cue { visibility: hidden; }`;

/**
 * Cues are looked at this often while a track shows. No event tells of one that is removed, moved or reworded while it is on screen, and frames tell
 * of time, but not in a paused video.
 */
const lookEveryMs = 100;

const cueText = 'background: rgb(0 0 0 / 0.8); color: white; white-space: pre-line; padding: 0 0.2em;';
/** WebVTT §7.2: cues are 5 % of the video's height in a sans-serif font. */
const font = 'font: 5cqh / 1.3 sans-serif;';

/**
 * Shows the captions that the browser would draw in the video (text tracks in mode `showing`) above the canvas. Covers text,
 * markup, `line`, `position`, `size` and `align`; vertical text and regions are laid out as horizontal lines at the bottom.
 */
export class NativeCaptions {
  /** Lies over the canvas; in the page only while there is a cue to show. */
  readonly root: HTMLDivElement;
  /** Out of reach of the page's style sheets. */
  readonly #tree: ShadowRoot;
  readonly #video: HTMLVideoElement;
  readonly #onChange: () => void;
  readonly #listening = new AbortController();
  readonly #watched = new WeakSet<TextTrack>();
  #looking: ReturnType<typeof setInterval> | undefined;
  /** What is drawn, as `shownKey` has it. */
  #drawn = '';
  #sheet: CSSStyleSheet | undefined;
  #sheetRoot: Document | ShadowRoot | undefined;

  constructor(video: HTMLVideoElement, onChange: () => void) {
    this.#video = video;
    this.#onChange = onChange;
    this.root = video.ownerDocument.createElement('div');
    this.root.dataset.vitreous = '';
    this.#tree = this.root.attachShadow({ mode: 'open' });
    const changed = () => this.#update();
    const { signal } = this.#listening;
    for (const type of ['change', 'addtrack', 'removetrack'])
      video.textTracks.addEventListener(type, changed, { signal });
    this.#read();
  }

  /** There is a cue to show. */
  get active(): boolean {
    return this.#tree.childElementCount > 0;
  }

  /** Takes the drawing over from the browser, or gives it back. */
  takeOver(wanted: boolean): void {
    if (wanted && this.active) this.#hideNative();
    else this.#showNative();
  }

  #update(): void {
    if (this.#read()) this.#onChange();
  }

  /** Whether other cues show, or the same ones otherwise. */
  #read(): boolean {
    const cues: VTTCue[] = [];
    let showing = false;
    for (const track of this.#video.textTracks) {
      this.#watch(track);
      if (track.mode !== 'showing') continue;
      showing = true;
      for (const cue of track.activeCues ?? []) if (isVttCue(cue) && cue.track === track) cues.push(cue);
    }
    this.#look(showing);
    const key = shownKey(cues);
    if (key === this.#drawn) return false;
    this.#drawn = key;
    this.#tree.replaceChildren(...this.#boxes(cues));
    return true;
  }

  #look(wanted: boolean): void {
    if (wanted === (this.#looking !== undefined)) return;
    if (wanted) this.#looking = setInterval(() => this.#update(), lookEveryMs);
    else {
      clearInterval(this.#looking);
      this.#looking = undefined;
    }
  }

  #watch(track: TextTrack): void {
    if (this.#watched.has(track)) return;
    this.#watched.add(track);
    track.addEventListener('cuechange', () => this.#update(), { signal: this.#listening.signal });
  }

  #boxes(cues: readonly VTTCue[]): HTMLElement[] {
    const placed = cues.filter(({ line, vertical }) => line !== 'auto' && vertical === '');
    const stacked = cues.filter((cue) => !placed.includes(cue));
    const boxes = placed.map((cue) => this.#box(cue, `position: absolute; ${lineStyle(cue)} ${widthStyle(cue)}`));
    if (stacked.length === 0) return boxes;
    const stack = this.#element('position: absolute; inset: auto 0 2% 0;');
    stack.append(...stacked.map((cue) => this.#box(cue, `position: relative; ${widthStyle(cue)}`)));
    return [...boxes, stack];
  }

  #box(cue: VTTCue, style: string): HTMLElement {
    const box = this.#element(style);
    const text = this.#video.ownerDocument.createElement('span');
    text.style.cssText = cueText;
    text.append(cue.getCueAsHTML());
    box.append(text);
    return box;
  }

  #element(style: string): HTMLElement {
    const element = this.#video.ownerDocument.createElement('div');
    element.style.cssText = `${font} ${style}`;
    return element;
  }

  #hideNative(): void {
    const tree = this.#video.getRootNode();
    if (!('adoptedStyleSheets' in tree) || this.#sheetRoot === tree) return;
    this.#showNative();
    // A tree adopts sheets of its own document alone (CSSOM §6.2).
    this.#sheet = new (this.#video.ownerDocument.defaultView ?? globalThis).CSSStyleSheet();
    this.#sheet.replaceSync(hideNative);
    this.#sheetRoot = tree as Document | ShadowRoot; // Only these two adopt style sheets.
    this.#sheetRoot.adoptedStyleSheets.push(this.#sheet);
    this.#video.setAttribute(marker, '');
  }

  #showNative(): void {
    const tree = this.#sheetRoot;
    if (!tree) return;
    tree.adoptedStyleSheets = tree.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
    this.#sheetRoot = undefined;
    this.#video.removeAttribute(marker);
  }

  dispose(): void {
    this.#listening.abort();
    this.#look(false);
    this.#showNative();
    this.root.remove();
  }
}

function isVttCue(cue: TextTrackCue): cue is VTTCue {
  return 'getCueAsHTML' in cue;
}

/** Changes with everything that decides what is drawn. */
function shownKey(cues: readonly VTTCue[]): string {
  return JSON.stringify(
    cues.map((cue) => [cue.text, cue.vertical, cue.line, cue.snapToLines, cue.position, cue.size, cue.align]),
  );
}

/** WebVTT §6.1: a line number counts from the top, a negative one from the bottom; without snapping it is a percentage. */
function lineStyle({ line, snapToLines }: VTTCue): string {
  if (line === 'auto') return '';
  if (!snapToLines) return `top: ${line}%;`;
  return line >= 0 ? `top: ${line * 1.3}em;` : `bottom: ${(-line - 1) * 1.3}em;`;
}

/** WebVTT §6.1: `position` is the percentage of the width at which the box of width `size` is aligned. */
function widthStyle({ size, position, align }: VTTCue): string {
  const start = align === 'start' || align === 'left';
  const end = align === 'end' || align === 'right';
  const anchor = position === 'auto' ? (start ? 0 : end ? 100 : 50) : position;
  const left = start ? anchor : end ? anchor - size : anchor - size / 2;
  return `left: ${Math.max(0, left)}%; width: ${size}%; text-align: ${align};`;
}
