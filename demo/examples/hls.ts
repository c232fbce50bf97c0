import Hls from 'hls.js';
import { enhance } from 'vitreous';
import { attachHls } from 'vitreous/hls'; // needs the npm package hls.js
import { force, stayNative, tell } from './notice.js';

const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
const hls = new Hls({ lowLatencyMode: true });
hls.on(Hls.Events.ERROR, (_, { fatal, type, details }) => {
  if (fatal) tell(`hls.js: ${details}. Another stream: ?stream=URL`);
  if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) hls.startLoad(); // hls.js's own matter, as without Vitreous
  if (fatal && type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
});
hls.loadSource(new URLSearchParams(location.search).get('stream') ?? '/clips/bunny-180p.m3u8');
hls.attachMedia(video);

const enhanced = await enhance(video, { upscale: { quality: 'auto', force } }).catch(stayNative);
const attachment = attachHls(hls, enhanced, { saver: true }); // or { factor: 1.5, minTier: 'M' }; without: switches alone
attachment.addEventListener('saver', ({ saving, reason, size }) => console.log(saving, reason, size?.height));
setInterval(() => console.log(enhanced.state, attachment.stats?.bytesSaved), 5000);
