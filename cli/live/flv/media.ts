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
/** Types of packets of Enhanced RTMP. */
const described = 4;
const tracks = 6;
const modified = 7;
const enhancedAudioTracks = 5;
const plainAac = 0xaf;
const oneTrack = 0;
const longestShortModifier = 255;
const mostModifiers = 16;
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
  // What describes the picture names its codec too, and is not needed.
  if (packet === described) return nothing;
  if (body.length < avcHeaderBytes || frameType === commandFrame) return nothing;
  if (packet === modified) return readModified(body, (one) => readEnhanced(one));
  if (packet === tracks) return readFirstTrack(body, (one) => readEnhanced(one));
  const codec = fourLetters(body);
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

/** Enhanced RTMP v2: a list of modifiers (finer times) stands before the packet itself. */
function readModified(body: Buffer, read: (one: Buffer) => Media): Media {
  let at = 0;
  for (let i = 0; i < mostModifiers && at + 4 <= body.length; i++) {
    const short = body.readUInt8(at + 1) + 1;
    at += short > longestShortModifier ? 5 + body.readUInt16BE(at + 2) : 2 + short;
    const next = body[at];
    if (next === undefined) return nothing;
    if ((next & 0xf) === modified) continue;
    return read(Buffer.concat([Buffer.of(withPacket(body, next)), body.subarray(at + 1)]));
  }
  return nothing;
}

/** Enhanced RTMP v2: several tracks in one message. The first is the one that is shown. */
function readFirstTrack(body: Buffer, read: (one: Buffer) => Media): Media {
  const [, kinds = 0] = body;
  const packet = kinds & 0xf;
  if (packet === ((body[0] ?? 0) & 0xf) || packet === modified) return nothing;
  // Behind the four letters: the track's number, and where there are several, its length in three bytes.
  const [trackAt, sizeAt] = [6, 7];
  if (body.length <= sizeAt) return nothing;
  const one = kinds >> 4 === oneTrack;
  if (one && body[trackAt] !== 0) return nothing;
  if (!one && body.length < sizeAt + 3) return nothing;
  const media = one ? body.subarray(sizeAt) : body.subarray(sizeAt + 3, sizeAt + 3 + body.readUIntBE(sizeAt, 3));
  return read(Buffer.concat([Buffer.of(withPacket(body, packet)), body.subarray(2, trackAt), media]));
}

const withPacket = (body: Buffer, packet: number): number => ((body[0] ?? 0) & 0xf0) | (packet & 0xf);

/** A codec's name, as it may be shown: whoever publishes has written it. */
const fourLetters = (body: Buffer): string => body.toString('latin1', 1, 5).replace(/[^\x20-\x7e]/g, '·');

export function readAudio(body: Buffer): Media {
  const [first = 0, packet] = body;
  const format = first >> 4;
  if (body.length < 2) return nothing;
  if (format === enhancedAudio) return readEnhancedAudio(body);
  const codec = audioCodecs.get(format);
  if (!codec) return { kind: 'unsupported', codec: `sound format ${format} of FLV` };
  if (format !== aac) return { kind: 'frame', codec, key: true, body };
  if (packet === configuration)
    return isAacConfiguration(body.subarray(2))
      ? { kind: 'config', codec, config: body.subarray(2), body }
      : { kind: 'unsupported', codec: 'AAC with a configuration that cannot be read' };
  return packet === coded && body.length > 2 ? { kind: 'frame', codec, key: true, body } : nothing;
}

/** AAC in it is brought into the form that it has without. */
function readEnhancedAudio(body: Buffer): Media {
  const packet = (body[0] ?? 0) & 0xf;
  if (body.length < avcHeaderBytes || packet === described) return nothing;
  if (packet === modified) return readModified(body, readEnhancedAudio);
  if (packet === enhancedAudioTracks) return readFirstTrack(body, readEnhancedAudio);
  const codec = fourLetters(body);
  if (codec !== 'mp4a') return { kind: 'unsupported', codec };
  if (packet !== configuration && packet !== coded) return nothing;
  return readAudio(Buffer.concat([Buffer.of(plainAac, packet), body.subarray(avcHeaderBytes)]));
}

/** AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): whether ffmpeg can begin with it. One that cannot be read would end the picture too. */
function isAacConfiguration(config: Buffer): boolean {
  if (config.length < 2) return false;
  const bits = config.readUInt16BE(0);
  const [objectType, rate, channels] = [bits >> 11, (bits >> 7) & 0xf, (bits >> 3) & 0xf];
  // 1-4: Main, LC, SSR, LTP; 5 and 29: HE-AAC; 15: a rate in full, behind it. No channels: they are described elsewhere.
  return [1, 2, 3, 4, 5, 29].includes(objectType) && (rate < 13 || rate === 15) && (rate === 15 || channels <= 7);
}
