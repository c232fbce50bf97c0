import { enhance } from 'vitreous';
import { publish } from 'vitreous/whip'; // needs no other package

const canvas = document.body.appendChild(document.createElement('canvas'));
canvas.style.width = '640px';
const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 180 }, audio: true });
const enhanced = await enhance(camera, { canvas });
const stream = enhanced.captureStream();
for (const track of camera.getAudioTracks()) stream.addTrack(track);

// The gateway's address of a stream, and its publish key.
const query = new URLSearchParams(location.search);
const url = query.get('url') ?? 'http://127.0.0.1:8080/whip/camera';
const connection = await publish(stream, url, { token: query.get('key') ?? undefined, videoBitsPerSecond: 2_000_000 });
connection.addEventListener('statechange', () => console.log(connection.state)); // connected | reconnecting | closed
connection.addEventListener('lost', () => console.log(connection.error?.code, connection.error?.message));
console.log(enhanced.state, connection.state);
