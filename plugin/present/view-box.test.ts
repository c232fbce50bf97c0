import { expect, test } from 'vitest';
import { parseViewBox } from './view-box.js';

const picture = { width: 200, height: 100 };

test.each([
  ['none', undefined],
  ['inset(25%)', { x: 50, y: 25, width: 100, height: 50 }],
  ['inset(10px 20px 30px 40px)', { x: 40, y: 10, width: 140, height: 60 }],
  ['inset(10px 25% round 4px)', { x: 50, y: 10, width: 100, height: 80 }],
  ['inset(calc(10% + 5px) 0px 0px)', { x: 0, y: 15, width: 200, height: 85 }],
  ['inset(-10px)', { x: -10, y: -10, width: 220, height: 120 }],
  ['xywh(10px 20% 50% 30px)', { x: 10, y: 20, width: 100, height: 30 }],
  ['rect(10px 150px auto 25%)', { x: 50, y: 10, width: 100, height: 90 }],
  ['inset(50%)', undefined],
])('%s', (computed, box) => {
  expect(parseViewBox(computed, picture)).toEqual(box);
});
