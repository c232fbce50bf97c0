import * as THREE from 'three';
import { enhance } from 'vitreous';
import { enhancedTexture } from 'vitreous/three'; // needs the npm package three
import { force, stayNative, tell } from './notice.js';

const video = document.createElement('video');
video.src = '/clips/square.mp4';
video.muted = video.loop = true;
await video.play();

const canvas = document.createElement('canvas');
const context =
  canvas.getContext('webgl2', { antialias: true }) ??
  (await stayNative('three.js needs WebGL 2, which this browser has not.', video));
const renderer = new THREE.WebGLRenderer({ canvas, context });
renderer.setSize(960, 540);
document.querySelector('main')?.prepend(renderer.domElement);
const enhanced = await enhance(video, {
  output: 'canvas', // WebGL takes one upload a frame
  upscale: { quality: 'auto', force },
  detect: { prompts: ['person'] },
  highlight: false, // the labels below are the highlights
});
enhanced.addEventListener('stagefailure', tell); // without a GPU the frames are drawn as they are
const { texture } = enhancedTexture(enhanced, renderer);

const scene = new THREE.Scene();
const [width, height] = [16, 9];
const plane = new THREE.PlaneGeometry(width, height);
const screen = new THREE.Mesh(plane, new THREE.MeshBasicMaterial({ map: texture }));
screen.rotation.set(-0.15, -0.35, 0);
scene.add(screen);

/** A sign with a text, its foot at its origin. */
function createLabel(text: string): THREE.Sprite {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [256, 64];
  const context = canvas.getContext('2d');
  if (context) {
    context.fillStyle = '#ffb000';
    context.roundRect(4, 4, 248, 56, 12);
    context.fill();
    context.fillStyle = '#101010';
    context.font = 'bold 34px sans-serif';
    context.textAlign = 'center';
    context.fillText(text, 128, 44);
  }
  const map = new THREE.CanvasTexture(canvas);
  map.colorSpace = THREE.SRGBColorSpace;
  const label = new THREE.Sprite(new THREE.SpriteMaterial({ map, depthTest: false }));
  label.scale.set(1.6, 0.4, 1);
  label.center.set(0.5, 0);
  return label;
}

const pins = new Map<number, THREE.Group>(); // by track: a sign stays with what it names
enhanced.addEventListener('detections', ({ detections, size }) => {
  for (const [trackId, pin] of pins)
    if (!detections.some((detection) => detection.trackId === trackId)) {
      pin.removeFromParent();
      pins.delete(trackId);
    }
  for (const { trackId, prompt, box } of detections) {
    let pin = pins.get(trackId);
    if (!pin) {
      pin = new THREE.Group();
      const label = createLabel(`${prompt} ${trackId}`);
      label.position.set(0, 0.5, 0.8); // in front of the screen, on a stalk
      const stalk = new THREE.BufferGeometry().setFromPoints([new THREE.Vector3(), label.position]);
      pin.add(label, new THREE.Line(stalk, new THREE.LineBasicMaterial({ color: 0xffb000 })));
      screen.add(pin);
      pins.set(trackId, pin);
    }
    const [x, y] = [(box.x + box.width / 2) / size.width, box.y / size.height];
    pin.position.set((x - 0.5) * width, (0.5 - y) * height, 0.02); // the middle of the box's upper edge
  }
  console.log('pinned', pins.size);
});

const camera = new THREE.PerspectiveCamera(50, 960 / 540, 0.1, 100);
camera.position.set(0, 0.5, 15);
renderer.setAnimationLoop(() => renderer.render(scene, camera));
console.log(enhanced.state);
