import 'media-chrome';
import 'vitreous/element';
import { force, tell } from './notice.js';

const element = document.querySelector('vitreous-video') ?? document.createElement('vitreous-video');
element.options = { upscale: { force } }; // on a software GPU too, where the address says so
element.addEventListener('statechange', ({ to }) => console.log(to, element.duration));
element.addEventListener('fallback', tell); // the native video shows; code and message say why
