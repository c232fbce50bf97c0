import type { VitreousVideoElement } from 'vitreous/element';
import 'vitreous/element';

declare global {
  interface Window {
    strict: VitreousVideoElement;
  }
}

const element = document.querySelector('vitreous-video');
if (!element) throw new Error('no <vitreous-video> on the page');
element.options = { upscale: { force: true }, debug: true };
window.strict = element;
document.documentElement.dataset.ready = 'true';
