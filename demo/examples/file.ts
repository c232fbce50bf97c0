import { enhance } from 'vitreous';
import { openFile } from 'vitreous/mediabunny'; // needs the npm package mediabunny
import { force, tell } from './notice.js';

const canvas = document.createElement('canvas');
canvas.style.width = '640px';
document.querySelector('main')?.prepend(canvas);
const file = await (await fetch('/clips/bunny-180p.mp4')).blob();
const source = await openFile(file); // a Blob, or a URL that is read in ranges
const enhanced = await enhance(source, { canvas, upscale: { force } });
enhanced.addEventListener('stagefailure', tell); // without a GPU the frames are drawn as they are
source.play();
canvas.addEventListener('click', () => source.play()); // sound may have to wait for a click
console.log(enhanced.state, enhanced.stats.sourceSize, source.soundState);
