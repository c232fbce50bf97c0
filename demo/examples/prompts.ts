import { enhance } from 'vitreous';
import { force, stayNative } from './notice.js';

const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
const enhanced = await enhance(video, {
  upscale: { quality: 'auto', force }, // or false: prompts alone
  detect: { prompts: ['person', 'red car'], rateHz: 8, scoreThreshold: 0.3 }, // 1 to 32 names
  highlight: { style: 'outline' }, // 'outline' | 'box' | 'spotlight' | 'heatmap' | 'blur'; false: events alone
}).catch(stayNative);
enhanced.addEventListener('detections', ({ timestampUs, detections }) => {
  for (const { prompt, score, box, trackId } of detections) console.log(timestampUs, prompt, score, box, trackId);
});
enhanced.addEventListener('prompts', ({ answers }) => console.log(answers)); // how each was understood
enhanced.addEventListener('stagefailure', ({ prompt, message }) => console.log(prompt, message)); // the picture goes on

enhanced.set({ detect: { prompts: ['dog'] }, highlight: { style: 'blur' } }); // what is left out stays
const picture = await enhanced.snapshot(); // a PNG of what is on screen, highlights included
const track = enhanced.detectionsAsVtt(); // a WebVTT metadata file of all that was found so far
console.log(picture.size, track.length);
enhanced.set({ detect: false }); // all of it is gone
