import type { Tier } from '../core/model-source.js';
import { Enhancement, type EnhancementHost, type PlayerEvents } from '../player/enhancement.js';
import { Hotkey } from '../player/hotkey.js';
import type { EnhancedState, FallbackReason } from '../session/api/events.js';
import type { EnhanceOptions, EnhanceSettings, HighlightStyle } from '../session/api/options.js';
import type { Enhanced } from '../session/enhanced.js';
import { type AttributeSettings, isSettingName, resolveSettings, settingNames, withAttribute } from './attributes.js';
import { defineMediaApi, type MediaApi, type MediaElement, MediaForward } from './media-api.js';

/** What `element.options` takes: all that `enhance` takes, but for what the element decides itself. */
export type VitreousVideoOptions = EnhanceSettings &
  Pick<EnhanceOptions, 'assets' | 'device' | 'modelOrigins' | 'onProgress'>;

// Servers import this module too, where there are no elements. The media API is defined below.
const ElementBase = (globalThis.HTMLElement ?? class {}) as unknown as {
  // First, so that its event types count before those of any event.
  new (): PlayerEvents & HTMLElement & MediaApi;
};

/** The media element fills the element, whichever of the two has a size (cyclic percentages count as 0, CSS Sizing 3 §5.2.1). */
const styles = `
  :host { display: inline-block; position: relative; line-height: 0; }
  :host([hidden]) { display: none; }
  ::slotted(:is(video, [data-vitreous-media])) { max-width: 100%; max-height: 100%; min-width: 100%; min-height: 100%; }
`;

const mediaMarker = 'data-vitreous-media';

/**
 * `<vitreous-video>`: enhances the media element inside it, a `<video>` or a custom element around one (`nativeEl`), and acts as that media
 * element: its properties, methods and events are here too, so that players' controls can be given this element instead.
 *
 * The child can be there from the start, come later, be replaced or removed; the element can be moved. Nothing is loaded before it is
 * in a document, enabled, and has a video. Failures are `fallback` events.
 */
export class VitreousVideoElement extends ElementBase {
  static readonly observedAttributes: readonly string[] = [...settingNames, 'assets', 'enabled', 'hotkey'];

  readonly #forward = new MediaForward(this);
  readonly #host: EnhancementHost;
  #attributes: AttributeSettings = {};
  #options: VitreousVideoOptions = {};
  #settings: Required<EnhanceSettings>;
  #enhancement: Enhancement | undefined;
  #hotkey: Hotkey | undefined;

  static {
    defineMediaApi(VitreousVideoElement.prototype as VitreousVideoElement & MediaApi, (element) => element.#forward);
  }

  constructor() {
    super();
    this.#settings = resolveSettings(this.#attributes, this.#options);
    const element = this;
    this.#host = {
      get enabled() {
        return element.enabled;
      },
      get settings() {
        return element.#settings;
      },
      get startOptions() {
        const { device, modelOrigins, onProgress } = element.#options;
        return { assets: element.assets, device, modelOrigins, onProgress };
      },
      dispatchEvent: (event) => void this.dispatchEvent(event),
    };
    const tree = this.attachShadow({ mode: 'open' });
    const slot = this.ownerDocument.createElement('slot');
    slot.addEventListener('slotchange', () => this.#sync());
    tree.append(slot);
  }

  /** Set before the upgrade, they would hide the class's own. Not in the constructor, where attributes set do not call back. */
  #takeOwnProperties(): void {
    for (const [name, value] of Object.entries(this)) {
      if (!(name in VitreousVideoElement.prototype)) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  /** The child that acts as media element; undefined while there is none. */
  get media(): MediaElement | undefined {
    return this.#forward.media;
  }

  /** The `<video>` in it that is enhanced; null while there is none. */
  get nativeEl(): HTMLVideoElement | null {
    return videoOf(this.#forward.media) ?? null;
  }

  /** The enhancement; undefined until its first frame is on screen or it is bypassed. */
  get enhanced(): Enhanced | undefined {
    return this.#enhancement?.enhanced;
  }

  /** As `Enhanced.state`; `off` too while there is nothing to enhance, `failed` after a failed start. */
  get state(): EnhancedState {
    return this.#enhancement?.state ?? 'off';
  }

  /** Why the native video shows; undefined while running, starting or off. */
  get why(): FallbackReason | undefined {
    return this.#enhancement?.why;
  }

  /** Attribute `enabled`: `false` shows the native video and stops all work; absent or anything else: true. */
  get enabled(): boolean {
    return this.getAttribute('enabled') !== 'false';
  }

  set enabled(enabled: boolean) {
    if (enabled) this.removeAttribute('enabled');
    else this.setAttribute('enabled', 'false');
  }

  /** Attribute `upscale`: `auto`, a tier, or `off` (property: false). `custom`: a model given in `options`. */
  get upscale(): 'auto' | Tier | 'custom' | false {
    const { upscale } = this.#settings;
    if (!upscale) return false;
    const { quality } = upscale;
    return typeof quality === 'object' ? 'custom' : (quality ?? 'auto');
  }

  set upscale(value: 'auto' | Tier | false) {
    this.setAttribute('upscale', value === false ? 'off' : value);
  }

  /** Attribute `detect`: prompts, separated by commas; none: nothing is looked for. */
  get detect(): readonly string[] {
    const { detect } = this.#settings;
    return (detect ? detect.prompts : undefined) ?? [];
  }

  set detect(prompts: readonly string[] | false) {
    const comma = prompts ? prompts.find((prompt) => prompt.includes(',')) : undefined;
    if (comma !== undefined)
      throw new TypeError(`detect must be prompts without commas, got '${comma}'; options.detect.prompts takes any`);
    this.setAttribute('detect', prompts ? prompts.join(', ') : '');
  }

  /** Attribute `highlight`: a style, or `off` (property: false). */
  get highlight(): HighlightStyle | false {
    const { highlight } = this.#settings;
    return highlight ? (highlight.style ?? 'outline') : false;
  }

  set highlight(style: HighlightStyle | false) {
    this.setAttribute('highlight', style === false ? 'off' : style);
  }

  /** Attribute `compare`: 0 to 1, where the picture is split; absent or `off` (property: false): no split; without a value 0.5. */
  get compare(): number | false {
    return this.#settings.compare ?? false;
  }

  set compare(fraction: number | false) {
    if (fraction === false) this.removeAttribute('compare');
    else this.setAttribute('compare', String(fraction));
  }

  /** Attribute `debug`: figures over the picture, as the option of the same name. */
  get debug(): boolean {
    return this.#settings.debug ?? false;
  }

  set debug(shown: boolean) {
    this.toggleAttribute('debug', shown);
  }

  /**
   * Attribute `hotkey`: a key that toggles `enabled` while the focus is in this element or in the `<media-controller>` around it; held
   * down, it does so until it is let go. Empty: none.
   */
  get hotkey(): string {
    return this.getAttribute('hotkey') ?? '';
  }

  set hotkey(key: string) {
    this.setAttribute('hotkey', key);
  }

  /**
   * Attribute `assets`: the folder that has the package's own files, such as `/vitreous/`, where the page's bundler doesn't ship them; counts
   * from the next start. Undefined where neither it nor `options.assets` says one.
   */
  get assets(): string | URL | undefined {
    return this.getAttribute('assets') || this.#options.assets;
  }

  set assets(folder: string | URL | undefined) {
    if (folder === undefined) this.removeAttribute('assets');
    else this.setAttribute('assets', String(folder));
  }

  /**
   * All that has no attribute: `{ upscale: { strength: 0.7 }, detect: { rateHz: 4 }, device }`. Where an attribute says something, it
   * counts. `assets`, `device`, `modelOrigins` and `onProgress` count from the next start.
   */
  get options(): VitreousVideoOptions {
    return this.#options;
  }

  /** @throws TypeError for bad options; the former ones stay. */
  set options(options: VitreousVideoOptions) {
    this.#settings = resolveSettings(this.#attributes, settingsOf(options));
    this.#options = options;
    this.#enhancement?.update();
  }

  /** @throws TypeError for a bad value, which the browser reports; what was before stays. */
  attributeChangedCallback(name: string, _former: string | null, value: string | null): void {
    if (name === 'hotkey') this.#listenForHotkey();
    else if (isSettingName(name)) {
      const attributes = withAttribute(this.#attributes, name, value);
      this.#settings = resolveSettings(attributes, settingsOf(this.#options));
      this.#attributes = attributes;
    }
    this.#enhancement?.update();
  }

  connectedCallback(): void {
    this.#takeStyles();
    this.#takeOwnProperties();
    this.#listenForHotkey();
    this.#sync();
  }

  /** A sheet of the document's own: a strict Content Security Policy has nothing against it, as it would against a `<style>`. */
  #takeStyles(): void {
    const view = this.ownerDocument.defaultView;
    // Adoption by another document has taken it away (CSSOM §6.2).
    if (!view || !this.shadowRoot || this.shadowRoot.adoptedStyleSheets.length > 0) return;
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(styles);
    this.shadowRoot.adoptedStyleSheets = [sheet];
  }

  disconnectedCallback(): void {
    this.#hotkey?.dispose();
    this.#hotkey = undefined;
    // Moved, it is back by then, and what it shows goes on.
    queueMicrotask(() => {
      if (!this.isConnected) this.#sync();
    });
  }

  /** Moved by `moveBefore`: nothing has ended. */
  connectedMoveCallback(): void {
    this.#listenForHotkey();
  }

  #listenForHotkey(): void {
    this.#hotkey?.dispose();
    this.#hotkey = undefined;
    const { hotkey } = this;
    if (hotkey === '' || !this.isConnected) return;
    const player = this.closest('media-controller') ?? this;
    this.#hotkey = new Hotkey(player, hotkey, () => {
      this.enabled = !this.enabled;
    });
  }

  /** Takes in what is inside now. */
  #sync(): void {
    const media = this.#findMedia();
    const video = this.isConnected ? videoOf(media) : undefined;
    const same = video === this.#enhancement?.video;
    if (!same) {
      this.#enhancement?.dispose();
      this.#enhancement = undefined;
    }
    if (media !== this.#forward.media) this.#forward.media?.removeAttribute(mediaMarker);
    if (media && media.localName !== 'video') media.setAttribute(mediaMarker, '');
    this.#forward.media = media;
    // A video that is moved here from another of these elements is let go there first, in the same turn of microtasks.
    if (!same && video) queueMicrotask(() => this.#enhance());
  }

  #enhance(): void {
    const video = this.isConnected ? videoOf(this.#forward.media) : undefined;
    if (video && !this.#enhancement) this.#enhancement = new Enhancement(video, this.#host);
  }

  #findMedia(): MediaElement | undefined {
    for (const child of this.children) {
      // What we lay over the video is no element that is still to be defined.
      if (child.slot !== '' || (child instanceof HTMLElement && child.dataset.vitreous !== undefined)) continue;
      if (isMedia(child)) return child;
      const { localName } = child;
      if (localName.includes('-') && !customElements.get(localName))
        customElements.whenDefined(localName).then(() => this.#sync());
    }
    return undefined;
  }
}

/** All but what counts at the start alone. */
function settingsOf(options: VitreousVideoOptions): EnhanceSettings {
  const {
    assets: _assets,
    device: _device,
    modelOrigins: _modelOrigins,
    onProgress: _onProgress,
    ...settings
  } = options;
  return settings;
}

function isMedia(element: Element): element is MediaElement {
  return 'play' in element && element.localName !== 'audio';
}

function videoOf(media: MediaElement | undefined): HTMLVideoElement | undefined {
  const video: HTMLElement | null | undefined = media && (media.nativeEl ?? media);
  // Told by its name: `instanceof` fails across documents.
  return video?.localName === 'video' ? (video as HTMLVideoElement) : undefined;
}
