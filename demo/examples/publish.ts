import { enhance } from 'vitreous';

const canvas = document.body.appendChild(document.createElement('canvas'));
canvas.style.width = '640px';
const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 180 }, audio: true });
const enhanced = await enhance(camera, { canvas }); // its video track
const stream = enhanced.captureStream(); // never without frames: the camera's own while nothing is enhanced
for (const track of camera.getAudioTracks()) stream.addTrack(track);

// To a recorder here; as well to an RTCPeerConnection, or a WHIP server by one.
const recorder = new MediaRecorder(stream);
recorder.addEventListener('dataavailable', ({ data }) => console.log(enhanced.state, data.type, data.size));
recorder.start(1000);
