import { ceilDiv } from '../op.js';

// How kernels for software GPUs divide a picture: an invocation walks down a strip two pixels wide, keeping weights and rows in
// registers.

/** Rows of a strip: enough that loading the weights is a small part, few enough to keep many cores busy. */
export const stripRows = 32;

/** Pixels across a workgroup: 8 invocations of 2. */
const stripsWidth = 16;

/** What a workgroup writes. */
export const stripTile = [stripsWidth, stripRows] as const;

/** Workgroups of a picture, of a strip's tile each. */
export const stripGrid = (width: number, height: number): readonly [x: number, y: number] => [
  ceilDiv(width, stripsWidth),
  ceilDiv(height, stripRows),
];
