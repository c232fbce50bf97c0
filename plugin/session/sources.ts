// Sources a page makes itself, as the root entry shows them.
export type { FileSound, SoundState } from '../source/file-sound.js';
export { FileSource, type FrameReader } from '../source/file-source.js';
