import { enhance } from 'vitreous';
import { force, stayNative, tell } from './notice.js';

const video = document.createElement('video'); // in no document, and never seen
video.src = '/clips/bunny-180p.mp4';
video.muted = video.loop = true;
await video.play();
const enhanced = await enhance(video, { output: 'texture', upscale: { quality: 'auto', force } }).catch((reason) =>
  stayNative(reason, video),
);
enhanced.addEventListener('stagefailure', tell); // on a software GPU the frames are drawn as they are

const { device } = enhanced; // or pass one of your own: enhance(video, { device, … })
const context = document.querySelector('canvas')?.getContext('webgpu');
if (!device || !context) throw new Error(`no WebGPU: ${enhanced.why?.message}`);
const format = navigator.gpu.getPreferredCanvasFormat();
context.configure({ device, format });

const code = `
  @group(0) @binding(0) var picture: texture_2d<f32>;
  @group(0) @binding(1) var linear: sampler;

  @vertex fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    return vec4f(f32(i & 1) * 4 - 1, f32(i >> 1) * 4 - 1, 0, 1);
  }

  @fragment fn pixel(@builtin(position) at: vec4f) -> @location(0) vec4f {
    let place = at.xy / vec2f(960, 540) * 2 - 1;
    let radius = length(place);
    let bent = place * (0.8 + 0.2 * radius * radius); // as an old tube bulges
    let colour = textureSample(picture, linear, bent * 0.5 + 0.5).rgb;
    return vec4f(select(vec3f(0), colour * (1.05 - 0.25 * radius * radius), all(abs(bent) < vec2f(1))), 1);
  }`;
const module = device.createShaderModule({ code });
const pipeline = device.createRenderPipeline({
  layout: 'auto',
  vertex: { module },
  fragment: { module, targets: [{ format }] },
});
const linear = device.createSampler({ magFilter: 'linear', minFilter: 'linear' });

function draw(): void {
  const { texture } = enhanced; // anew for each frame: another size or tier is another texture
  if (!texture || !device || !context) return; // the native video would show
  const entries = [
    { binding: 0, resource: texture.createView() },
    { binding: 1, resource: linear },
  ];
  const encoder = device.createCommandEncoder();
  const target = { view: context.getCurrentTexture().createView(), loadOp: 'clear', storeOp: 'store' } as const;
  const pass = encoder.beginRenderPass({ colorAttachments: [target] });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.draw(3);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

enhanced.addEventListener('draw', draw); // or in requestAnimationFrame, as your renderer does
draw();
console.log(enhanced.state, enhanced.texture?.width, enhanced.texture?.height);
