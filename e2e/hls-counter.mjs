/** Cells of the frame number in the pictures of the ladder, the lowest bit first; the last one is white throughout. */
export const counterCells = 8;
