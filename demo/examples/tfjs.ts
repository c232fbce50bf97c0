import { enhance } from 'vitreous';
import { tfjsDetector } from 'vitreous/tfjs'; // needs @tensorflow/tfjs-core, -converter and -backend-webgpu
import modelUrl from '../../node_modules/@vladmandic/human/models/centernet.json?url'; // or wherever your model.json is
import { cocoLabels } from './coco-labels.js';
import { force, stayNative, tell } from './notice.js';

const model = await tfjsDetector(modelUrl, {
  labels: cocoLabels,
  outputs: ['tower_0/detections'], // [1, 100, 6]: left, top, right, bottom in pixels of the input, score, class
  decode: ([detections], { width, height }) =>
    Array.from({ length: 100 }, (_, i) => {
      const [left = 0, top = 0, right = 0, bottom = 0, score = 0, label = 0] =
        detections?.values.subarray(i * 6, i * 6 + 6) ?? [];
      const box = { x: left / width, y: top / height, width: (right - left) / width, height: (bottom - top) / height };
      return { label, score, box };
    }),
});
const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
const enhanced = await enhance(video, {
  upscale: { quality: 'auto', force },
  detect: { prompts: ['person', 'bicycle'], model }, // names among the labels
}).catch(stayNative);
enhanced.addEventListener('stagefailure', tell); // the model cannot run; the picture goes on
enhanced.addEventListener('detections', ({ timestampUs, detections, size }) => {
  for (const { prompt, score, box, trackId } of detections)
    console.log(prompt, score.toFixed(2), trackId, timestampUs, JSON.stringify(box), size.width);
});
