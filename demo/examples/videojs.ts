import 'video.js/dist/video-js.css';
import videojs from 'video.js';
import { attachVideojs } from 'vitreous/videojs'; // registers the plugin, too: videojs('film', { plugins: { vitreous: { … } } })

const player = videojs('film');
const plugin = attachVideojs(player, {
  upscale: { quality: 'auto' },
  prompts: ['person', 'dog'], // offered in the menu; looked for when chosen there
  hotkey: 'e', // toggles; held down, until it is let go
});
plugin.addEventListener('statechange', ({ to }) => console.log(to, player.currentSrc()));
plugin.addEventListener('fallback', ({ code, message }) => console.log(code, message)); // the native video shows
