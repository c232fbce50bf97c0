import { describe, expect, test } from 'vitest';
import { nearestTurn, objectFitRect, parseObjectPosition, snapRect } from './geometry.js';

const box = { width: 200, height: 100 };
const picture = { width: 64, height: 64 };

describe('objectFitRect', () => {
  test.each([
    ['fill', '50% 50%', { x: 0, y: 0, width: 200, height: 100 }],
    ['contain', '50% 50%', { x: 50, y: 0, width: 100, height: 100 }],
    ['contain', '0% 0%', { x: 0, y: 0, width: 100, height: 100 }],
    ['contain', '100% 100%', { x: 100, y: 0, width: 100, height: 100 }],
    ['cover', '50% 50%', { x: 0, y: -50, width: 200, height: 200 }],
    ['cover', '50% 0px', { x: 0, y: 0, width: 200, height: 200 }],
    ['none', '50% 50%', { x: 68, y: 18, width: 64, height: 64 }],
    ['none', '10px 20px', { x: 10, y: 20, width: 64, height: 64 }],
    ['scale-down', '50% 50%', { x: 68, y: 18, width: 64, height: 64 }],
  ])('%s at %s', (fit, position, rect) => {
    expect(objectFitRect(box, picture, fit, position)).toEqual(rect);
  });

  test('scale-down shrinks a larger picture as contain does', () => {
    expect(objectFitRect(box, { width: 400, height: 400 }, 'scale-down', '50% 50%')).toEqual({
      x: 50,
      y: 0,
      width: 100,
      height: 100,
    });
  });
});

test.each([
  ['50% 50%', { fraction: 0.5, px: 0 }, { fraction: 0.5, px: 0 }],
  ['12.5px -3px', { fraction: 0, px: 12.5 }, { fraction: 0, px: -3 }],
  ['calc(100% - 8px) 25%', { fraction: 1, px: -8 }, { fraction: 0.25, px: 0 }],
  ['calc(50% + 1e1px) calc(-10% + 4px)', { fraction: 0.5, px: 10 }, { fraction: -0.1, px: 4 }],
])('parses object-position %s', (text, x, y) => {
  expect(parseObjectPosition(text)).toEqual([x, y]);
});

test('snaps both edges, so that neighbours stay neighbours', () => {
  expect(snapRect({ x: 0.4, y: 10.5, width: 99.3, height: 20.25 }, 1, 2)).toEqual({
    x: 0,
    y: 21,
    width: 100,
    height: 41,
  });
});

describe('nearestTurn', () => {
  const tilt = (degrees: number, mirror = 1) => {
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return [
      { x: c * mirror, y: s * mirror },
      { x: -s, y: c },
    ] as const;
  };
  test.each([
    ['upright', tilt(0), { quarters: 0, mirrored: false }],
    ['mirrored', tilt(0, -1), { quarters: 0, mirrored: true }],
    ['upside down', tilt(180), { quarters: 2, mirrored: false }],
    ['mirrored top to bottom', tilt(180, -1), { quarters: 2, mirrored: true }],
    ['a quarter clockwise', tilt(90), { quarters: 1, mirrored: false }],
    ['a quarter back, mirrored', tilt(-90, -1), { quarters: 3, mirrored: true }],
    ['tilted a little', tilt(-30), { quarters: 0, mirrored: false }],
    ['tilted a lot', tilt(140, -1), { quarters: 2, mirrored: true }],
    [
      'flat',
      [
        { x: 1, y: 0 },
        { x: 2, y: 0 },
      ] as const,
      { quarters: 0, mirrored: false },
    ],
  ])('%s', (_name, [right, down], turn) => {
    expect(nearestTurn(right, down)).toEqual(turn);
  });
});
