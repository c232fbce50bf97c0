// H.264 as FLV and MP4 have it: AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1) and NAL units behind their lengths.

/** Types of NAL units (H.264 §7.4.1). */
const sps = 7;
const pps = 8;

export function avcConfiguration(sequenceSet: Buffer, pictureSet: Buffer): Buffer {
  const [, profile = 0, constraints = 0, level = 0] = sequenceSet;
  return Buffer.concat([
    ...[Buffer.of(1, profile, constraints, level, 0xff, 0xe1), uint16(sequenceSet.length), sequenceSet],
    ...[Buffer.of(1), uint16(pictureSet.length), pictureSet],
  ]);
}

/** Whether ffmpeg can begin with it: a record of version 1 with a sequence and a picture parameter set. */
export function isAvcConfiguration(bytes: Buffer): boolean {
  const sets = parameterSets(bytes);
  return sets !== undefined && sets.sequenceSets.length > 0 && sets.pictureSets.length > 0;
}

interface ParameterSets {
  readonly sequenceSets: readonly Buffer[];
  readonly pictureSets: readonly Buffer[];
}

/** Undefined for what is no such record. */
function parameterSets(bytes: Buffer): ParameterSets | undefined {
  if (bytes.length < 7 || bytes[0] !== 1) return undefined;
  let at = 5;
  const take = (count: number): Buffer[] | undefined => {
    const sets: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      if (at + 2 > bytes.length) return undefined;
      const length = bytes.readUInt16BE(at);
      const set = bytes.subarray(at + 2, at + 2 + length);
      if (length === 0 || set.length < length) return undefined;
      sets.push(set);
      at += 2 + length;
    }
    return sets;
  };
  const sequenceSets = take(bytes.readUInt8(at++) & 0x1f);
  if (!sequenceSets || at >= bytes.length) return undefined;
  const pictureSets = take(bytes.readUInt8(at++));
  return pictureSets && { sequenceSets, pictureSets };
}

/**
 * The configuration that a key frame's own parameter sets make, where they are others than the record's: encoders may change them in the picture
 * itself. Undefined: the record holds.
 */
export function configurationWithin(picture: Buffer, configuration: Buffer): Buffer | undefined {
  const lengthBytes = ((configuration[4] ?? 3) & 3) + 1;
  let sequenceSet: Buffer | undefined;
  let pictureSet: Buffer | undefined;
  for (let at = 0; at + lengthBytes < picture.length; ) {
    const length = picture.readUIntBE(at, lengthBytes);
    const unit = picture.subarray(at + lengthBytes, at + lengthBytes + length);
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === sps) sequenceSet ??= unit;
    if (type === pps) pictureSet ??= unit;
    // The picture itself follows them.
    if (type >= 1 && type <= 5) break;
    at += lengthBytes + length;
  }
  const known = parameterSets(configuration);
  if (!sequenceSet || !pictureSet || known?.sequenceSets.some((set) => set.equals(sequenceSet))) return undefined;
  // Lengths stay as they are: the frames that follow have them.
  const made = avcConfiguration(sequenceSet, pictureSet);
  made[4] = 0xfc | (lengthBytes - 1);
  return made;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
