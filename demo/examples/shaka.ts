import shaka from 'shaka-player';
import { enhance } from 'vitreous';

const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
const player = new shaka.Player();
await player.attach(video);
// A DASH or HLS manifest: ?manifest=/stream/manifest.mpd
await player.load(new URLSearchParams(location.search).get('manifest') ?? '/clips/bunny-180p.mp4');

const enhanced = await enhance(video, { upscale: { quality: 'auto' } }); // no adapter: Shaka plays in the video itself
console.log(enhanced.state, player.getManifestType() ?? 'file');
