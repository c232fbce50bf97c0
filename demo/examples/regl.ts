import createRegl from 'regl';
import { enhance } from 'vitreous';
import { enhancedTexture } from 'vitreous/regl'; // needs the npm package regl
import { force, stayNative, tell } from './notice.js';

const video = document.createElement('video');
video.src = '/clips/bunny-180p.mp4';
video.muted = video.loop = true;
await video.play();
const gl = document.querySelector('canvas')?.getContext('webgl2'); // regl takes such a context too
const regl = createRegl(gl ?? (await stayNative('regl needs WebGL 2, which this browser has not.', video)));
const enhanced = await enhance(video, { output: 'canvas', upscale: { quality: 'auto', force } });
enhanced.addEventListener('stagefailure', tell); // without a GPU the frames are drawn as they are
const { texture } = enhancedTexture(enhanced, regl);

const draw = regl({
  vert: `
    attribute vec2 at;
    varying vec2 uv;
    void main() { uv = at * 0.5 + 0.5; gl_Position = vec4(at, 0, 1); }`,
  frag: `
    precision highp float;
    varying vec2 uv;
    uniform sampler2D picture;
    uniform float seconds;
    void main() { // a page of a flip book
      float wave = 0.02 * sin(uv.x * 9.0 - 3.0 * seconds) * uv.x;
      vec2 place = vec2(uv.x, uv.y * 1.06 - 0.03 + wave);
      float inside = step(0.0, place.y) * step(place.y, 1.0);
      float shade = 1.0 + 8.0 * wave * cos(uv.x * 9.0 - 3.0 * seconds);
      gl_FragColor = vec4(texture2D(picture, place).rgb * shade * inside, 1);
    }`,
  attributes: { at: [-1, -1, 3, -1, -1, 3] },
  uniforms: { picture: texture, seconds: ({ time }: createRegl.DefaultContext) => time },
  depth: { enable: false },
  count: 3,
});
regl.frame(() => draw());
console.log(enhanced.state, texture.width, texture.height);
