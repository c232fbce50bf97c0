import type { VitreousVideoElement } from 'vitreous/element';
import 'vitreous/element';
import { CustomVideoElement } from 'custom-media-element';

declare global {
  interface Window {
    parsed: VitreousVideoElement;
    /** Resolves once the element's state is this one. */
    elementReached(element: VitreousVideoElement, state: VitreousVideoElement['state']): Promise<void>;
    /** Resolves when an event of this type has come to the target. */
    heard(target: EventTarget, type: string): Promise<Event>;
    /** Defines `<other-video>`. */
    defineOtherVideo(): void;
    /** What the element's picture is made of: its elements inside `root`, but for sources. */
    namesIn(root: ParentNode): string[];
  }
}

const parsed = document.querySelector('vitreous-video');
if (!parsed) throw new Error('no <vitreous-video> on the page');
window.parsed = parsed;

window.elementReached = (element, state) =>
  new Promise((resolve) => {
    const check = () => {
      if (element.state !== state) return;
      element.removeEventListener('statechange', check);
      resolve();
    };
    element.addEventListener('statechange', check);
    check();
  });

window.heard = (target, type) =>
  new Promise((resolve) => {
    target.addEventListener(type, resolve, { once: true });
  });

window.redrawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

window.namesIn = (root) => [...root.children].map(({ localName }) => localName);

/** A custom media element, as packages for players define them. */
class OtherVideo extends CustomVideoElement {}

window.defineOtherVideo = () => customElements.define('other-video', OtherVideo);

document.documentElement.dataset.ready = 'true';
