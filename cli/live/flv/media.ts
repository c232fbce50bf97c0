import { isAvcConfiguration } from '../avc.js';

// What is in the body of a tag of FLV (annex E.4), and of Enhanced RTMP (Veovera, v1).

/** `config`: what the frames behind it need. `nothing`: nothing of what is needed. */
export type Media =
  | { readonly kind: 'config'; readonly codec: string; readonly config: Buffer; readonly body: Buffer }
  | { readonly kind: 'frame'; readonly codec: string; readonly key: boolean; readonly body: Buffer }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unsupported'; readonly codec: string };

const nothing: Media = { kind: 'nothing' };

const videoCodecs = new Map([
  [2, 'flv1'],
  [7, 'h264'],
]);
const audioCodecs = new Map([
  [2, 'mp3'],
  [7, 'pcm_alaw'],
  [8, 'pcm_mulaw'],
  [10, 'aac'],
  [11, 'speex'],
]);

const keyFrame = 1;
const commandFrame = 5;
const avc = 7;
const aac = 10;
/** Of sound: Enhanced RTMP v2. */
const enhancedAudio = 9;
/** Type, packet, and an offset of the time in three bytes. */
const avcHeaderBytes = 5;
/** Types of packets of H.264 and AAC. */
const configuration = 0;
const coded = 1;

export function readVideo(body: Buffer): Media {
  const [first = 0, packet] = body;
  if (first & 0x80) return readEnhanced(body);
  const frameType = first >> 4;
  if (frameType === commandFrame || body.length < 2) return nothing;
  const codec = videoCodecs.get(first & 0xf);
  if (!codec) return { kind: 'unsupported', codec: `codec ${first & 0xf} of FLV` };
  const key = frameType === keyFrame;
  if (codec !== 'h264') return { kind: 'frame', codec, key, body };
  if (packet === configuration) {
    const config = body.subarray(avcHeaderBytes);
    return isAvcConfiguration(config) ? { kind: 'config', codec, config, body } : nothing;
  }
  return packet === coded && body.length > avcHeaderBytes ? { kind: 'frame', codec, key, body } : nothing;
}

/** Enhanced RTMP names codecs by four letters; H.264 in it is brought into the form that it has without. */
function readEnhanced(body: Buffer): Media {
  const [first = 0] = body;
  const frameType = (first >> 4) & 7;
  const packet = first & 0xf;
  if (body.length < avcHeaderBytes || frameType === commandFrame) return nothing;
  const codec = body.toString('latin1', 1, 5);
  if (codec !== 'avc1') return { kind: 'unsupported', codec };
  const rest = body.subarray(avcHeaderBytes);
  const plain = (type: number, ...parts: Buffer[]) =>
    readVideo(Buffer.concat([Buffer.of((frameType << 4) | avc, type), ...parts]));
  // 0: sequence start, 1: frames with an offset of time, 3: frames without; others describe, or end.
  if (packet === 0) return plain(configuration, Buffer.alloc(3), rest);
  if (packet === 1) return plain(coded, rest);
  if (packet === 3) return plain(coded, Buffer.alloc(3), rest);
  return nothing;
}

export function readAudio(body: Buffer): Media {
  const [first = 0, packet] = body;
  const format = first >> 4;
  if (body.length < 2) return nothing;
  if (format === enhancedAudio) return { kind: 'unsupported', codec: body.toString('latin1', 1, 5) };
  const codec = audioCodecs.get(format);
  if (!codec) return { kind: 'unsupported', codec: `sound format ${format} of FLV` };
  if (format !== aac) return { kind: 'frame', codec, key: true, body };
  if (packet === configuration)
    return body.length >= 4 ? { kind: 'config', codec, config: body.subarray(2), body } : nothing;
  return packet === coded && body.length > 2 ? { kind: 'frame', codec, key: true, body } : nothing;
}
