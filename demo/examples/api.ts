import { enhance, probe } from 'vitreous';
import { force, stayNative } from './notice.js'; // of these examples: ?software in the address; says why on the page

const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
const { availability, message } = await probe(video); // 'available' | 'unavailable' | 'unsupported', and why
console.log(availability, message);

const stop = new AbortController();
const enhanced = await enhance(video, {
  upscale: { quality: 'auto', strength: 1, force }, // 'auto' | 'S' | 'M' | 'L' | 'XL' | a model of your own; force: software GPUs too
  compare: 0.5, // left half native, right half enhanced; false: no split
  signal: stop.signal, // ends start-up, later the enhancement
  onProgress: ({ phase, loadedBytes, totalBytes }) => console.log(phase, loadedBytes / totalBytes),
}).catch(stayNative); // a VitreousError: code, found, expected, fix
enhanced.addEventListener('fallback', ({ code, message }) => console.log(code, message)); // the native video shows
enhanced.addEventListener('tier', ({ from, to }) => console.log(from, to)); // 'auto' has moved

enhanced.set({ upscale: { quality: 'M', strength: 0.7 }, compare: false }); // what is left out stays
console.log(enhanced.state, enhanced.stats.fps, enhanced.stats.gpuMs);
enhanced.enabled = false; // the native video, until it is true again
enhanced.dispose(); // the bare video is back; idempotent
