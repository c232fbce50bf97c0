// H.264 as FLV and MP4 have it: AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1) and NAL units behind their lengths.

/** Types of NAL units (H.264 §7.4.1). */
const sps = 7;
const pps = 8;
const usualLengthBytes = 4;
/** Its type, profile, constraints and level. */
const leastSequenceSetBytes = 4;

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
 *
 * @param configuration undefined: there was no record, and lengths are of four bytes, as nearly all have them
 */
export function configurationWithin(picture: Buffer, configuration?: Buffer): Buffer | undefined {
  const lengthBytes = configuration ? lengthBytesOf(configuration) : usualLengthBytes;
  let sequenceSet: Buffer | undefined;
  let pictureSet: Buffer | undefined;
  for (const unit of units(picture, lengthBytes)) {
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === sps) sequenceSet ??= unit;
    if (type === pps) pictureSet ??= unit;
    // The picture itself follows them.
    if (type >= 1 && type <= 5) break;
  }
  const known = configuration && parameterSets(configuration);
  if (!sequenceSet || !pictureSet || sequenceSet.length < leastSequenceSetBytes) return undefined;
  const has = (sets: readonly Buffer[] | undefined, one: Buffer) => sets?.some((set) => set.equals(one)) === true;
  if (has(known?.sequenceSets, sequenceSet) && has(known?.pictureSets, pictureSet)) return undefined;
  // Lengths stay as they are: the frames that follow have them.
  const made = avcConfiguration(sequenceSet, pictureSet);
  made[4] = 0xfc | (lengthBytes - 1);
  return made;
}

/** Each behind its length; what is cut off is left out. */
function* units(picture: Buffer, lengthBytes: number): Generator<Buffer> {
  for (let at = 0; at + lengthBytes <= picture.length; ) {
    const length = picture.readUIntBE(at, lengthBytes);
    const end = at + lengthBytes + length;
    if (end > picture.length) return;
    yield picture.subarray(at + lengthBytes, end);
    at = end;
  }
}

/** A picture without its empty units, and without what is cut off at its end: ffmpeg ends at those. Undefined: nothing is left of it. */
export function wholeUnits(picture: Buffer, configuration: Buffer): Buffer | undefined {
  const lengthBytes = lengthBytesOf(configuration);
  const found = [...units(picture, lengthBytes)];
  const kept = found.filter(({ length }) => length > 0);
  const bytes = kept.reduce((sum, { length }) => sum + lengthBytes + length, 0);
  if (bytes === picture.length) return picture;
  if (kept.length === 0) return undefined;
  const lengthOf = (unit: Buffer) => {
    const made = Buffer.alloc(lengthBytes);
    made.writeUIntBE(unit.length, 0, lengthBytes);
    return made;
  };
  return Buffer.concat(kept.flatMap((unit) => [lengthOf(unit), unit]));
}

function lengthBytesOf(configuration: Buffer): number {
  return ((configuration[4] ?? 3) & 3) + 1;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
