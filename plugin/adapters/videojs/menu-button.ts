import videojs from 'video.js';
import type MenuButtonClass from 'video.js/dist/types/menu/menu-button';
import type MenuItemClass from 'video.js/dist/types/menu/menu-item';
import type { Player } from './player-type.js';

/** A line of the menu. */
export interface MenuEntry {
  readonly label: string;
  /** One of several, or on and off by itself. */
  readonly kind: 'radio' | 'checkbox';
  readonly isOn: () => boolean;
  readonly choose: () => void;
}

// `getComponent` knows components by their name alone.
const MenuButton = videojs.getComponent('MenuButton') as unknown as typeof MenuButtonClass;
const MenuItem = videojs.getComponent('MenuItem') as unknown as typeof MenuItemClass;

class VitreousMenuItem extends MenuItem {
  readonly #entry: MenuEntry;

  constructor(player: Player, entry: MenuEntry) {
    const { label, kind, isOn } = entry;
    super(player, { label, selectable: true, multiSelectable: kind === 'checkbox', selected: isOn() });
    this.#entry = entry;
  }

  override handleClick(): void {
    this.#entry.choose();
    this.refresh();
  }

  refresh(): void {
    this.selected(this.#entry.isOn());
  }
}

const svg = 'http://www.w3.org/2000/svg';
/** A lens with a spark, in Video.js's own size for icons. */
const iconPath =
  'M10 4a6 6 0 1 0 3.7 10.7l4.8 4.8 1.4-1.4-4.8-4.8A6 6 0 0 0 10 4zm0 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8zm9-4-.8 2.2L16 5l2.2.8L19 8l.8-2.2L22 5l-2.2-.8z';

/** The entry in the control bar: Video.js's own button with a menu, by pointer and keyboard. */
export class VitreousMenuButton extends MenuButton {
  constructor(player: Player, entries: readonly MenuEntry[]) {
    // Options are there before this constructor's own part: the menu is built in the super call.
    super(player, { vitreousEntries: entries, controlText: 'Enhancement' });
    this.menuButton_.controlText('Enhancement');
    this.#drawIcon();
  }

  #drawIcon(): void {
    const place = this.menuButton_.el().querySelector('.vjs-icon-placeholder');
    if (!place) return;
    const picture = place.ownerDocument.createElementNS(svg, 'svg');
    picture.setAttribute('viewBox', '0 0 24 24');
    picture.setAttribute('aria-hidden', 'true');
    picture.style.cssText =
      'width: 1.8em; height: 1.8em; fill: currentColor; vertical-align: middle; pointer-events: none;';
    const path = place.ownerDocument.createElementNS(svg, 'path');
    path.setAttribute('d', iconPath);
    picture.append(path);
    place.append(picture);
  }

  override buildCSSClass(): string {
    return `vjs-vitreous-button ${super.buildCSSClass()}`;
  }

  override buildWrapperCSSClass(): string {
    return `vjs-vitreous-button ${super.buildWrapperCSSClass()}`;
  }

  override createItems(): VitreousMenuItem[] {
    const entries: readonly MenuEntry[] = this.options_.vitreousEntries;
    return entries.map((entry) => new VitreousMenuItem(this.player(), entry));
  }

  /** Shows what is on now. */
  refresh(): void {
    for (const item of this.menu.children()) if (item instanceof VitreousMenuItem) item.refresh();
  }
}
