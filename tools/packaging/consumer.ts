// A user's page that uses every entry point: check-declarations.mjs compiles it against the packed declarations, by several versions of
// TypeScript, and so does `npm run check:types` against the sources. Never run.
import Hls from 'hls.js';
import createRegl from 'regl';
import { WebGLRenderer } from 'three';
import {
  type Enhanced,
  type EnhanceOptions,
  enhance,
  errorCodes,
  type FileSource,
  probe,
  setAssets,
  tiers,
  VitreousError,
} from 'vitreous';
import { VitreousVideoElement as VideoElement, type VitreousVideoElement } from 'vitreous/element';
import { attachHls } from 'vitreous/hls';
import { openFile } from 'vitreous/mediabunny';
import { enhancedTexture as reglTexture } from 'vitreous/regl';
import { tfjsDetector } from 'vitreous/tfjs';
import { deviceOf, enhancedTexture } from 'vitreous/three';
import { attachVideojs } from 'vitreous/videojs';
import { connectWhep } from 'vitreous/whep';
import { publish } from 'vitreous/whip';
import { alone } from './consumer-alone.js';

type Player = Parameters<typeof attachVideojs>[0];

export async function everything(video: HTMLVideoElement, file: File, player: Player): Promise<void> {
  await alone(video);
  const source: FileSource = await openFile(file);
  const detector = await tfjsDetector('/model.json', { labels: ['person'], decode: () => [] });
  const options: EnhanceOptions = {
    assets: '/vitreous/',
    upscale: { quality: tiers[0] },
    detect: { prompts: ['person'], model: detector },
    canvas: document.createElement('canvas'),
  };
  const enhanced: Enhanced = await enhance(source, options);
  const attachment = attachHls(new Hls(), enhanced, { saver: { factor: 2 } });
  attachment.addEventListener('saver', ({ saving, size }) => console.log(saving, size?.width));
  attachment[Symbol.dispose]();
  const renderer = new WebGLRenderer();
  const texture = enhancedTexture(enhanced, renderer);
  console.log(deviceOf(renderer), texture.texture.uuid, reglTexture(enhanced, createRegl()).texture.width);
  player.pause();
  const plugin = attachVideojs(player, { prompts: ['person'], assets: new URL('https://cdn.example/') });
  plugin.addEventListener('fallback', ({ code }) => console.log(code));
  const element: VitreousVideoElement = document.createElement('vitreous-video');
  element.options = { device: enhanced.device, highlight: { style: 'blur' } };
  element.assets = '/vitreous/';
  console.log(
    element instanceof VideoElement,
    errorCodes.length,
    setAssets,
    probe,
    VitreousError,
    connectWhep,
    publish,
  );
}
