import 'media-chrome';
import 'vitreous/element';

const element = document.querySelector('vitreous-video') ?? document.createElement('vitreous-video');
element.addEventListener('statechange', ({ to }) => console.log(to, element.duration));
element.addEventListener('fallback', ({ code, message }) => console.log(code, message)); // the native video shows
