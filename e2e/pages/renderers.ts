import createRegl from 'regl';
import { Mesh, MeshBasicMaterial, OrthographicCamera, PlaneGeometry, Scene, WebGLRenderer } from 'three';
import * as webgpu from 'three/webgpu';
import { enhancedTexture as reglTexture } from '../../plugin/adapters/regl.js';
import { deviceOf, enhancedTexture, type ThreeRenderer } from '../../plugin/adapters/three.js';
import * as vitreous from '../../plugin/index.js';

/** How the enhanced picture gets on the screen here. */
export type Way = 'webgpu' | 'three-webgpu' | 'three-webgl' | 'three-foreign' | 'regl';

interface Screen {
  readonly enhanced: vitreous.Enhanced;
  readonly shared?: boolean;
  /** Draws what the texture holds, now. */
  readonly render: () => void;
}

declare global {
  interface Window {
    renderers: {
      readonly video: HTMLVideoElement;
      open(way: Way, url: string, seconds: number, options?: vitreous.EnhanceOptions): Promise<void>;
      screen?: Screen;
      /** Shows the frame at a time, renders it, and resolves when the browser has it on screen. */
      step(seconds: number): Promise<void>;
      rendered(): Promise<void>;
      /** Looks with a detector of the page's own, which finds its thing always at the same place, and resolves with its first answer. */
      findThing(): Promise<void>;
      /** Calls that must not work with what is open, and what they threw. */
      refusals(): Promise<readonly string[]>;
    };
  }
}

const video = document.createElement('video');
video.muted = true;

async function showAt(url: string, seconds: number): Promise<void> {
  const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
  video.src = url;
  await loaded;
  await seek(seconds);
}

async function seek(seconds: number): Promise<void> {
  const sought = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
  video.currentTime = seconds;
  await sought;
}

const upscale = { quality: 'S', force: true } as const;

function addCanvas(): HTMLCanvasElement {
  const canvas = document.body.appendChild(document.createElement('canvas'));
  [canvas.width, canvas.height] = [2 * video.videoWidth, 2 * video.videoHeight];
  return canvas;
}

async function openWebGpu(options: vitreous.EnhanceOptions): Promise<Screen> {
  const enhanced = await vitreous.enhance(video, { output: 'texture', upscale, ...options });
  const canvas = addCanvas();
  const context = canvas.getContext('webgpu');
  const { device } = enhanced;
  if (!context || !device) throw new Error('no WebGPU');
  const format = navigator.gpu.getPreferredCanvasFormat();
  context.configure({ device, format });
  const code = `
    @group(0) @binding(0) var picture: texture_2d<f32>;
    @vertex fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
      return vec4f(f32(i & 1) * 4 - 1, f32(i >> 1) * 4 - 1, 0, 1);
    }
    @fragment fn pixel(@builtin(position) at: vec4f) -> @location(0) vec4f {
      return textureLoad(picture, vec2u(at.xy), 0);
    }`;
  const module = device.createShaderModule({ code });
  const pipeline = device.createRenderPipeline({
    layout: 'auto',
    vertex: { module },
    fragment: { module, targets: [{ format }] },
  });
  const render = () => {
    const { texture } = enhanced;
    if (!texture) throw new Error('no picture');
    const entries = [{ binding: 0, resource: texture.createView() }];
    const encoder = device.createCommandEncoder();
    const view = context.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.draw(3);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  return { enhanced, render };
}

/** The picture on a plane that fills the canvas. */
function onPlane(enhanced: vitreous.Enhanced, renderer: ThreeRenderer & { render(...args: never[]): unknown }): Screen {
  const { texture, shared } = enhancedTexture(enhanced, renderer);
  const scene = new Scene();
  scene.add(new Mesh(new PlaneGeometry(2, 2), new MeshBasicMaterial({ map: texture })));
  const camera = new OrthographicCamera(-1, 1, 1, -1, 0, 1);
  const draw = renderer.render.bind(renderer) as (scene: Scene, camera: OrthographicCamera) => unknown;
  return { enhanced, shared, render: () => draw(scene, camera) };
}

async function openThreeWebGpu(options: vitreous.EnhanceOptions, share: boolean): Promise<Screen> {
  const renderer = new webgpu.WebGPURenderer({ canvas: addCanvas() });
  await renderer.init();
  const device = share ? deviceOf(renderer) : undefined;
  const where = device ? { output: 'texture' as const, device } : { output: 'canvas' as const };
  return onPlane(await vitreous.enhance(video, { upscale, ...where, ...options }), renderer);
}

async function openThreeWebGl(options: vitreous.EnhanceOptions): Promise<Screen> {
  const renderer = new WebGLRenderer({ canvas: addCanvas(), preserveDrawingBuffer: true });
  return onPlane(await vitreous.enhance(video, { output: 'canvas', upscale, ...options }), renderer);
}

async function openRegl(options: vitreous.EnhanceOptions): Promise<Screen> {
  const canvas = addCanvas();
  const gl = canvas.getContext('webgl2', { preserveDrawingBuffer: true });
  if (!gl) throw new Error('no WebGL 2');
  const regl = createRegl(gl);
  const enhanced = await vitreous.enhance(video, { output: 'canvas', upscale, ...options });
  const { texture } = reglTexture(enhanced, regl);
  const draw = regl({
    vert: 'attribute vec2 at; varying vec2 uv; void main() { uv = at * 0.5 + 0.5; gl_Position = vec4(at, 0, 1); }',
    frag: 'precision highp float; varying vec2 uv; uniform sampler2D picture; void main() { gl_FragColor = texture2D(picture, uv); }',
    attributes: { at: [-1, -1, 3, -1, -1, 3] },
    uniforms: { picture: texture },
    depth: { enable: false },
    count: 3,
  });
  return { enhanced, render: () => draw() };
}

const twoUpdates = () =>
  new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

window.renderers = {
  video,
  async open(way, url, seconds, options = {}) {
    await showAt(url, seconds);
    window.renderers.screen = await {
      webgpu: () => openWebGpu(options),
      'three-webgpu': () => openThreeWebGpu(options, true),
      'three-foreign': () => openThreeWebGpu(options, false),
      'three-webgl': () => openThreeWebGl(options),
      regl: () => openRegl(options),
    }[way]();
    await window.renderers.rendered();
  },
  async step(seconds) {
    const { screen } = window.renderers;
    const drawn = new Promise<void>((resolve) => {
      const seen = ({ timestampUs }: vitreous.DrawEvent) => {
        if (Math.abs(timestampUs / 1e6 - seconds) > 0.06) return;
        screen?.enhanced.removeEventListener('draw', seen);
        resolve();
      };
      screen?.enhanced.addEventListener('draw', seen);
    });
    await seek(seconds);
    await drawn;
    await window.renderers.rendered();
  },
  async findThing() {
    const enhanced = window.renderers.screen?.enhanced;
    if (!enhanced) throw new Error('not open');
    enhanced.set({ detect: false });
    const thing = { prompt: 'thing', matchedAs: 'thing', kind: 'exact', confidence: 1, colour: undefined } as const;
    const box = { x: 16, y: 8, width: 32, height: 20 };
    const found = new Promise((resolve) => enhanced.addEventListener('detections', resolve, { once: true }));
    enhanced.set({
      detect: {
        prompts: ['thing'],
        model: {
          open: async () => ({
            answers: [thing],
            prepare: async () => {},
            setPrompts: async () => [thing],
            detect: async () => ({ detections: [{ prompt: 'thing', score: 0.9, box }] }),
            heatMap: () => undefined,
            dispose: () => {},
          }),
        },
      },
      highlight: { style: 'box', labels: false, colours: { thing: '#ff00ff' } },
    });
    await found;
  },
  refusals() {
    const { screen } = window.renderers;
    if (!screen) throw new Error('not open');
    const attempts: readonly (() => unknown)[] = [
      () => enhancedTexture(screen.enhanced, { initTexture: () => {} }),
      () => reglTexture(screen.enhanced, (() => {}) as never), // Not reached.
      () => vitreous.enhance(document.createElement('video'), { output: 'screen' as never }), // As a page without types may.
    ];
    return Promise.all(attempts.map((attempt) => Promise.resolve().then(attempt).then(String, String)));
  },
  // A render in a task of its own, later than the draw: as an animation loop does.
  async rendered() {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    window.renderers.screen?.render();
    await twoUpdates();
  },
};
document.documentElement.dataset.ready = 'true';
