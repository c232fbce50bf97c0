import { enhance } from 'vitreous';
import { force, offerTestPicture, tell } from './notice.js';

const wanted = { video: { width: 320, height: 180 }, audio: true };
const camera = await navigator.mediaDevices.getUserMedia(wanted).catch(offerTestPicture);
const canvas = document.createElement('canvas');
canvas.style.width = '640px';
document.querySelector('main')?.prepend(canvas);
const enhanced = await enhance(camera, { canvas, upscale: { force } }); // its video track
enhanced.addEventListener('stagefailure', tell); // without a GPU the frames go out as they are
const stream = enhanced.captureStream(); // never without frames: the camera's own while nothing is enhanced
for (const track of camera.getAudioTracks()) stream.addTrack(track);

// To a recorder here; as well to an RTCPeerConnection, or a WHIP server by one.
const recorder = new MediaRecorder(stream);
recorder.addEventListener('dataavailable', ({ data }) => console.log(enhanced.state, data.type, data.size));
recorder.start(1000);
