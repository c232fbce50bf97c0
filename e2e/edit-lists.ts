/** Length in units of the film's clock, beginning in units of the track's, -1: empty. */
export type EditEntry = readonly [length: number, mediaTime: number];

interface FoundBox {
  readonly at: number;
  readonly size: number;
  readonly parents: readonly number[];
}

function editBoxes(file: Buffer, start: number, end: number, parents: readonly number[]): FoundBox[] {
  const found: FoundBox[] = [];
  for (let at = start; at < end; at += file.readUInt32BE(at)) {
    const size = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    if (['moov', 'trak', 'edts'].includes(type)) found.push(...editBoxes(file, at + 8, at + size, [...parents, at]));
    if (type === 'elst') found.push({ at, size, parents });
  }
  return found;
}

/** An MP4 file whose index lies at its end, with other edit lists in its tracks, in their order. */
export function withEdits(file: Buffer, edits: readonly (readonly EditEntry[])[]): Buffer {
  let edited = file;
  const boxes = editBoxes(file, 0, file.length, []);
  // From the last, so that the places of the others stay.
  for (const [index, { at, size, parents }] of [...boxes.entries()].reverse()) {
    const entries = edits[index] ?? [];
    const box = Buffer.alloc(16 + 12 * entries.length);
    box.writeUInt32BE(box.length, 0);
    box.write('elst', 4, 'latin1');
    box.writeUInt32BE(entries.length, 12);
    for (const [entry, [length, mediaTime]] of entries.entries()) {
      box.writeUInt32BE(length, 16 + 12 * entry);
      box.writeInt32BE(mediaTime, 20 + 12 * entry);
      box.writeUInt32BE(0x10000, 24 + 12 * entry);
    }
    edited = Buffer.concat([edited.subarray(0, at), box, edited.subarray(at + size)]);
    for (const parent of parents) edited.writeUInt32BE(edited.readUInt32BE(parent) + box.length - size, parent);
  }
  return edited;
}
