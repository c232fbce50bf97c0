/**
 * `vitreous/videojs`: a plugin for Video.js 8, the optional peer `video.js`. Importing it registers the plugin.
 *
 * ```ts
 * import videojs from 'video.js';
 * import 'vitreous/videojs';
 * const player = videojs('film', { plugins: { vitreous: { upscale: { quality: 'auto' }, prompts: ['person'], hotkey: 'e' } } });
 * ```
 *
 * With types: `const plugin = attachVideojs(player, options)`.
 *
 * @module
 */
import videojs from 'video.js';
import {
  type Enhanced,
  type EnhancedState,
  type EnhanceOptions,
  type EnhanceSettings,
  type FallbackReason,
  tiers,
} from '../index.js';
import { Enhancement, type PlayerEvents } from '../player/enhancement.js';
import { Hotkey } from '../player/hotkey.js';
import { type PlayerSettings, playerSettings } from '../player/player-settings.js';
import { type MenuEntry, VitreousMenuButton } from './videojs/menu-button.js';
import type { Player } from './videojs/player-type.js';

/** What the plugin takes; everything is optional. */
export interface VideojsOptions
  extends EnhanceSettings,
    Pick<EnhanceOptions, 'assets' | 'device' | 'modelOrigins' | 'onProgress'> {
  /** Start with the native picture; nothing is loaded before it is enabled. Default true. */
  readonly enabled?: boolean | undefined;
  /** An entry in the control bar: off, auto, the tiers, compare, prompts. Default true. */
  readonly menu?: boolean | undefined;
  /** Prompts that the menu offers, 1 to 32; those in `detect.prompts` are on from the start. Default: those in `detect.prompts`. */
  readonly prompts?: readonly string[] | undefined;
  /** A key that toggles `enabled` while the focus is in the player; held down, until it is let go. Default: none. */
  readonly hotkey?: string | undefined;
}

export type { PlayerEventMap, PlayerEvents } from '../player/enhancement.js';

// EventTarget itself; TypeScript has no other way to name its events' types.
const PlayerEventTarget = EventTarget as { new (): PlayerEvents & EventTarget };

/** A player's enhancement: goes with its video from source to source, and ends with the player. Nothing of it ever throws into playback. */
export class VideojsEnhancement extends PlayerEventTarget {
  readonly #player: Player;
  readonly #startOptions: Pick<EnhanceOptions, 'assets' | 'device' | 'modelOrigins' | 'onProgress'>;
  readonly #prompts: readonly string[];
  readonly #hotkey: Hotkey | undefined;
  #menu: VitreousMenuButton | undefined;
  #settings: PlayerSettings;
  #enabled: boolean;
  #enhancement: Enhancement | undefined;
  #disposed = false;
  readonly #follow = () => this.#sync();
  readonly #end = () => this.dispose();
  readonly #addMenuLater = () => this.#addMenu();

  /** @throws TypeError naming the option. */
  constructor(player: Player, options: VideojsOptions = {}) {
    super();
    const {
      enabled = true,
      menu = true,
      prompts,
      hotkey = '',
      assets,
      device,
      modelOrigins,
      onProgress,
      ...settings
    } = options;
    this.#settings = playerSettings(settings);
    this.#player = player;
    this.#startOptions = { assets, device, modelOrigins, onProgress };
    this.#enabled = enabled;
    // Checked as those that are looked for.
    this.#prompts = prompts?.length ? promptsOf(playerSettings({ detect: { prompts } })) : this.#looksFor;
    if (hotkey !== '')
      this.#hotkey = new Hotkey(player.el(), hotkey, () => {
        this.enabled = !this.enabled;
      });
    if (menu) this.#addMenu();
    // Named in the player's options, a plugin is there before its control bar.
    if (menu && !this.#menu) player.one('ready', this.#addMenuLater);
    // Another source may come with another video element.
    player.on(['ready', 'loadstart', 'playerreset'], this.#follow);
    player.on('dispose', this.#end);
    if (player.isReady_) this.#sync();
  }

  /** Undefined until the first enhanced frame is on screen or it is bypassed. */
  get enhanced(): Enhanced | undefined {
    return this.#enhancement?.enhanced;
  }

  /** As `Enhanced.state`; `off` while there is no video, `failed` after a failed start. */
  get state(): EnhancedState {
    if (this.#disposed) return 'disposed';
    return this.#enhancement?.state ?? 'off';
  }

  /** Why the native video shows; undefined while running, starting or off. */
  get why(): FallbackReason | undefined {
    return this.#enhancement?.why;
  }

  /** False shows the native video and stops all work. */
  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    this.#update();
  }

  /** Changes settings; what is left out stays. Throws TypeError for a bad value, before anything changes. */
  set(settings: EnhanceSettings): void {
    this.#settings = playerSettings(settings, this.#settings);
    this.#update();
  }

  #update(): void {
    this.#enhancement?.update();
    this.#menu?.refresh();
  }

  get #looksFor(): readonly string[] {
    return promptsOf(this.#settings);
  }

  #sync(): void {
    const video = this.#video();
    if (this.#disposed || video === this.#enhancement?.video) return;
    this.#enhancement?.dispose();
    const plugin = this;
    this.#enhancement =
      video &&
      new Enhancement(video, {
        get enabled() {
          return plugin.#enabled;
        },
        get settings() {
          return plugin.#settings;
        },
        startOptions: this.#startOptions,
        dispatchEvent: (event) => void this.dispatchEvent(event),
      });
  }

  /** The `<video>` of the tech; undefined for techs without one. */
  #video(): HTMLVideoElement | undefined {
    // The argument says that we know what we do (Video.js's guide to plugins).
    const element: Element | null | undefined = this.#player.tech({ IWillNotUseThisInPlugins: true })?.el();
    return element?.localName === 'video' ? (element as HTMLVideoElement) : undefined;
  }

  #addMenu(): void {
    const bar = this.#player.getChild('ControlBar');
    if (!bar) return;
    const button = new VitreousMenuButton(this.#player, this.#entries());
    const last = bar.children().findIndex((child) => /^(PictureInPicture|Fullscreen)Toggle$/.test(child.name()));
    bar.addChild(button, {}, last < 0 ? bar.children().length : last);
    this.#menu = button;
  }

  #entries(): MenuEntry[] {
    const quality = (label: string, value: 'auto' | (typeof tiers)[number]): MenuEntry => ({
      label,
      kind: 'radio',
      isOn: () => this.#enabled && this.#settings.upscale !== false && this.#settings.upscale.quality === value,
      choose: () => {
        this.#enabled = true;
        this.set({ upscale: { quality: value } });
      },
    });
    return [
      {
        label: 'Off',
        kind: 'radio',
        isOn: () => !this.#enabled,
        choose: () => {
          this.enabled = false;
        },
      },
      quality('Auto', 'auto'),
      ...tiers.map((tier) => quality(tier, tier)),
      {
        label: 'Compare',
        kind: 'checkbox',
        isOn: () => this.#settings.compare !== false,
        choose: () => this.set({ compare: this.#settings.compare === false ? 0.5 : false }),
      },
      ...this.#prompts.map((prompt) => this.#promptEntry(prompt)),
    ];
  }

  #promptEntry(prompt: string): MenuEntry {
    return {
      label: prompt,
      kind: 'checkbox',
      isOn: () => this.#looksFor.includes(prompt),
      choose: () => {
        const now = this.#looksFor;
        // In the menu's order, whatever the order of choosing.
        const next = [...new Set([...this.#prompts, ...now])].filter(
          (each) => now.includes(each) !== (each === prompt),
        );
        this.set({ detect: next.length > 0 ? { prompts: next } : false });
      },
    };
  }

  /** The bare player is back. Idempotent. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#enhancement?.dispose();
    this.#hotkey?.dispose();
    const player = this.#player;
    attached.delete(player);
    player.off(['ready', 'loadstart', 'playerreset'], this.#follow);
    player.off('dispose', this.#end);
    player.off('ready', this.#addMenuLater);
    const menu = this.#menu;
    if (!menu) return;
    player.getChild('ControlBar')?.removeChild(menu);
    menu.dispose();
  }
}

function promptsOf({ detect }: PlayerSettings): readonly string[] {
  return detect ? detect.prompts : [];
}

const attached = new WeakMap<Player, VideojsEnhancement>();

/**
 * The plugin of a player, with types. On a player that has it, options are ignored and the same one is returned.
 *
 * @throws TypeError naming a bad option.
 */
export function attachVideojs(player: Player, options: VideojsOptions = {}): VideojsEnhancement {
  const known = attached.get(player);
  if (known) return known;
  const made = new VideojsEnhancement(player, options);
  attached.set(player, made);
  return made;
}

// Twice on one page, in two bundles, the first one counts.
if (!videojs.getPlugin('vitreous'))
  videojs.registerPlugin('vitreous', function vitreous(this: Player, options?: VideojsOptions): VideojsEnhancement {
    return attachVideojs(this, options);
  });
