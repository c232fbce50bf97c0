import { enhance } from 'vitreous';
import { publish } from 'vitreous/whip'; // needs no other package
import { force, offerTestPicture, stayNative, tell } from './notice.js';

const wanted = { video: { width: 320, height: 180 }, audio: true };
const camera = await navigator.mediaDevices.getUserMedia(wanted).catch(offerTestPicture);
const canvas = document.createElement('canvas');
canvas.style.width = '640px';
document.querySelector('main')?.prepend(canvas);
const enhanced = await enhance(camera, { canvas, upscale: { force } });
enhanced.addEventListener('stagefailure', tell); // without a GPU the frames go out as they are
const stream = enhanced.captureStream();
for (const track of camera.getAudioTracks()) stream.addTrack(track);

// The gateway's address of a stream, and its publish key.
const query = new URLSearchParams(location.search);
const url = query.get('url') ?? 'http://127.0.0.1:8080/whip/camera';
const options = { token: query.get('key') ?? undefined, videoBitsPerSecond: 2_000_000 };
const connection = await publish(stream, url, options).catch(stayNative); // nobody there? npm run live starts a gateway
connection.addEventListener('statechange', () => console.log(connection.state)); // connected | reconnecting | closed
connection.addEventListener('lost', () => console.log(connection.error?.code, connection.error?.message));
console.log(enhanced.state, connection.state);
