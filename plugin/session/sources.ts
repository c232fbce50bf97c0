// Sources a page makes itself, as the root entry shows them.
export { FileSource, type FrameReader } from '../source/file-source.js';
