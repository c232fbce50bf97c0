import 'video.js/dist/video-js.css';
import videojs from 'video.js';
import { attachVideojs } from 'vitreous/videojs'; // registers the plugin, too: videojs('film', { plugins: { vitreous: { … } } })
import { force, tell } from './notice.js';

const player = videojs('film');
const plugin = attachVideojs(player, {
  upscale: { quality: 'auto', force },
  prompts: ['person', 'dog'], // offered in the menu; looked for when chosen there
  hotkey: 'e', // toggles; held down, until it is let go
});
plugin.addEventListener('statechange', ({ to }) => console.log(to, player.currentSrc()));
plugin.addEventListener('fallback', tell); // the native video shows; code and message say why
