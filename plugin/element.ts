/**
 * `vitreous/element`: the custom element `<vitreous-video>`, defined by importing this module. On a server, where there are no elements, the
 * import does nothing.
 *
 * ```html
 * <script type="module">import 'vitreous/element';</script>
 * <vitreous-video upscale="auto" detect="person, red car"><video src="film.mp4" controls></video></vitreous-video>
 * ```
 *
 * @module
 */
import { VitreousVideoElement } from './element/vitreous-video.js';

export type { MediaApi, MediaElement } from './element/media-api.js';
export type { VitreousVideoOptions } from './element/vitreous-video.js';
export type { PlayerEventMap, PlayerEvents } from './player/enhancement.js';
export { VitreousVideoElement };

const name = 'vitreous-video';

declare global {
  interface HTMLElementTagNameMap {
    'vitreous-video': VitreousVideoElement;
  }
}

// Twice on one page, in two bundles, the first one counts.
if (globalThis.customElements && !customElements.get(name)) customElements.define(name, VitreousVideoElement);
