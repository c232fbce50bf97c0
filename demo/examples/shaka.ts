import shaka from 'shaka-player';
import { enhance } from 'vitreous';
import { force, stayNative } from './notice.js';

const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
const player = new shaka.Player();
await player.attach(video);
// A DASH or HLS manifest: ?manifest=/stream/manifest.mpd
await player.load(new URLSearchParams(location.search).get('manifest') ?? '/clips/bunny-180p.mp4').catch(stayNative);

// No adapter is needed: Shaka plays in the video itself.
const enhanced = await enhance(video, { upscale: { quality: 'auto', force } }).catch(stayNative);
console.log(enhanced.state, player.getManifestType() ?? 'file');
