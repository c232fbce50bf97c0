import * as THREE from 'three/webgpu';
import { enhance } from 'vitreous';
import { deviceOf, enhancedTexture } from 'vitreous/three'; // needs the npm package three
import { force, stayNative, tell } from './notice.js';

const video = document.createElement('video'); // in no document: the screen is its only place
video.src = '/clips/bunny-180p.mp4';
video.muted = video.loop = true;
await video.play();

const renderer = new THREE.WebGPURenderer();
renderer.setSize(960, 540);
document.querySelector('main')?.prepend(renderer.domElement);
await renderer.init().catch(() => stayNative('three.js needs WebGPU or WebGL 2, and this browser has neither.', video));
// One device for both: three.js samples the enhanced picture where it is. Without WebGPU: output: 'canvas', one upload a frame.
const device = deviceOf(renderer);
const upscale = { quality: 'auto', force } as const;
const enhanced = await enhance(video, { output: device ? 'texture' : 'canvas', device, upscale });
enhanced.addEventListener('stagefailure', tell); // without a GPU the frames are drawn as they are
const { texture, shared } = enhancedTexture(enhanced, renderer);

const scene = new THREE.Scene();
const arc = 2; // radians of a cylinder around the viewer
const radius = 4;
const height = (arc * radius * 9) / 16;
const cylinder = new THREE.CylinderGeometry(radius, radius, height, 64, 1, true, Math.PI - arc / 2, arc);
const screen = new THREE.Mesh(cylinder, new THREE.MeshBasicMaterial({ map: texture, side: THREE.BackSide }));
screen.scale.x = -1; // seen from inside: left stays left
screen.position.z = 2.2;
scene.add(screen);

const floor = screen.clone(); // a dim reflection
floor.material = new THREE.MeshBasicMaterial({ map: texture, side: THREE.BackSide, color: 0x222222 });
floor.scale.y = -1;
floor.position.y = -height - 0.05;
scene.add(floor);

const camera = new THREE.PerspectiveCamera(60, 960 / 540, 0.1, 20);
camera.position.set(0, -0.4, 4.6);
renderer.setAnimationLoop((timeMs) => {
  camera.position.x = 0.6 * Math.sin(timeMs / 3000);
  camera.lookAt(0, -0.5, -2);
  renderer.render(scene, camera);
});
console.log(enhanced.state, shared ? 'shared' : 'copied');
