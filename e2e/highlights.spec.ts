import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import type { HighlightScene } from './pages/highlights.js';
import { difference, type Pixels, screenshot } from './pixels.js';

const size = { width: 320, height: 180 };
const middle = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
const orange = [0.9, 0.62, 0] as const;
const orangeBytes = [230, 158, 0];
const grey = 128;

async function open(page: Page, picture: string | number = grey): Promise<void> {
  await page.goto('/e2e/pages/highlights.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await page.evaluate((source) => window.setPicture(source), picture);
}

async function drawn(page: Page, scene?: HighlightScene): Promise<Pixels> {
  const { width, height } = size;
  await page.evaluate(([w, h, s]) => window.drawScene(w, h, s), [width, height, scene] as const);
  return screenshot(page, { x: 0, y: 0, width, height });
}

const at = ({ data, width }: Pixels, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
];
const inBox = (x: number, y: number, margin = 0) =>
  x >= 80 + margin && x < 240 - margin && y >= 45 + margin && y < 135 - margin;

test('no mark changes nothing, whatever the style', async ({ page }) => {
  await open(page);
  const plain = await drawn(page);
  for (const style of ['outline', 'box', 'spotlight', 'heatmap', 'blur'] as const)
    expect(difference(await drawn(page, { style, labels: true }), plain).max).toBe(0);
});

test('a box is a line of two pixels of its colour between dark ones, and nothing else', async ({ page }) => {
  await open(page);
  const plain = await drawn(page);
  const boxed = await drawn(page, { style: 'box', boxes: [middle], colours: [orange] });
  for (const x of [79, 80]) expect(at(boxed, x, 90)).toEqual(orangeBytes);
  for (const x of [78, 81]) expect(at(boxed, x, 90)[0]).toBeLessThan(80);
  const far = (x: number, y: number) => inBox(x, y, 4) || !inBox(x, y, -4);
  expect(difference(boxed, plain, far).max).toBe(0);
});

test('twice the device pixels make a line twice as wide', async ({ page }) => {
  await open(page);
  const boxed = await drawn(page, { style: 'box', boxes: [middle], colours: [orange], pixelRatio: 2 });
  for (const x of [78, 79, 80, 81]) expect(at(boxed, x, 90)).toEqual(orangeBytes);
});

test('an outline follows the box, and the heat map where there is one', async ({ page }) => {
  await open(page);
  const outline = await drawn(page, { style: 'outline', boxes: [middle], colours: [orange] });
  expect(at(outline, 80, 90)).toEqual(orangeBytes);
  expect(at(outline, 160, 45)).toEqual(orangeBytes);
  expect(at(outline, 160, 90)).toEqual([grey, grey, grey]);
  // A round bump: its contour leaves the corners of the box free and runs inside it.
  const contour = await drawn(page, { style: 'outline', boxes: [middle], colours: [orange], heat: [middle] });
  let crossings = 0;
  for (let x = 80; x < 160; x++) if (Math.abs((at(contour, x, 90)[0] ?? 0) - 230) < 8) crossings++;
  expect(crossings).toBeGreaterThan(0);
  expect(at(contour, 86, 51)).toEqual([grey, grey, grey]);
});

test('a spotlight leaves what it shows and dims the rest', async ({ page }) => {
  await open(page);
  const spot = await drawn(page, { style: 'spotlight', boxes: [middle] });
  expect(at(spot, 160, 90)).toEqual([grey, grey, grey]);
  expect(at(spot, 10, 10)[0]).toBe(Math.round(grey * 0.32));
});

test('a heat map tints where it is hot, and only there', async ({ page }) => {
  await open(page);
  const hot = await drawn(page, { style: 'heatmap', boxes: [], colours: [orange], heat: [middle] });
  const [r = 0, , b = 0] = at(hot, 160, 90);
  expect(r - b).toBeGreaterThan(50);
  expect(at(hot, 10, 10)).toEqual([grey, grey, grey]);
});

/** Mean difference of neighbours in a row: how much can be made out. */
function detail(pixels: Pixels, where: (x: number, y: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let y = 0; y < pixels.height; y++)
    for (let x = 1; x < pixels.width; x++) {
      if (!where(x, y)) continue;
      sum += Math.abs((at(pixels, x, y)[1] ?? 0) - (at(pixels, x - 1, y)[1] ?? 0));
      count++;
    }
  return sum / count;
}

test('blur hides what is in the box, a little beyond it, and nothing else', async ({ page }) => {
  await open(page, '/clips/square.mp4');
  const plain = await drawn(page);
  const blurred = await drawn(page, { style: 'blur', boxes: [middle] });
  const beyond = (x: number, y: number) => inBox(x, y, -4);
  expect(detail(blurred, beyond)).toBeLessThan(detail(plain, beyond) / 3);
  const outside = (x: number, y: number) => x < 55 || x > 265 || y < 28 || y > 152;
  expect(difference(blurred, plain, outside).max).toBe(0);
});

test('a label stands above its box, dark on bright and bright on dark; where there is no room, inside', async ({
  page,
}) => {
  await open(page);
  const plain = await drawn(page);
  for (const [colour, ink] of [
    [[1, 1, 0] as const, 0],
    [[0, 0, 0.6] as const, 255],
  ] as const) {
    const labelled = await drawn(page, {
      style: 'box',
      labels: true,
      boxes: [middle, { x: 0.8, y: 0, width: 0.2, height: 0.5 }],
      colours: [colour],
    });
    const plate = (x: number, y: number) => x > 82 && x < 105 && y > 26 && y < 40;
    const levels = { ink: 0, plate: 0 };
    for (let y = 0; y < labelled.height; y++)
      for (let x = 0; x < labelled.width; x++) {
        if (!plate(x, y)) continue;
        const pixel = at(labelled, x, y);
        if (pixel.every((channel) => Math.abs(channel - ink) < 40)) levels.ink++;
        if (pixel.every((channel, i) => Math.abs(channel - (colour[i] ?? 0) * 255) < 2)) levels.plate++;
      }
    expect(levels.ink).toBeGreaterThan(15);
    expect(levels.plate).toBeGreaterThan(60);
    const inside = (x: number, y: number) => x > 262 && x < 290 && y > 4 && y < 22;
    expect(difference(labelled, plain, inside).mean).toBeGreaterThan(10);
  }
});

const cat = { x: 0.3, y: 0.4, width: 0.25, height: 0.3 };
const labelled = { style: 'box', labels: true, colours: [orange], texts: ['cat'] } as const;
/** Inside the plate of that label: from the left and the top of the box. */
const plateOf = (left: number, top: number, width: number) => ({
  x: left + 2,
  y: top - 22,
  width: width - 4,
  height: 18,
});

/** A piece of a picture, mirrored or not. */
function piece(
  picture: Pixels,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  flip: { readonly across?: boolean; readonly down?: boolean } = {},
): Pixels {
  const data = new Uint8Array(width * height * 4);
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const from = at(picture, x + (flip.across ? width - 1 - i : i), y + (flip.down ? height - 1 - j : j));
      data.set([...from, 255], (j * width + i) * 4);
    }
  return { width, height, data };
}

test('on a canvas that lies mirrored or upside down on the screen the text of a label is turned back, in its place', async ({
  page,
}) => {
  await open(page);
  const upright = await drawn(page, { ...labelled, boxes: [cat] });
  let width = 0;
  while (at(upright, 96 + 2 + width, 72 - 20)[0] === orangeBytes[0]) width++;
  expect(width).toBeGreaterThan(20);
  const plate = plateOf(96, 72, width + 4);
  expect(difference(piece(upright, plate), piece(upright, plate, { across: true })).max).toBeGreaterThan(100);
  for (const [quarters, mirrored] of [
    [0, true],
    [2, false],
    [2, true],
  ] as const) {
    const turned = await drawn(page, { ...labelled, boxes: [cat], turn: { quarters, mirrored } });
    const flip = { across: (quarters === 2) !== mirrored, down: quarters === 2 };
    expect(difference(piece(turned, plate, flip), piece(upright, plate)).max, `${quarters} ${mirrored}`).toBe(0);
  }
});

test('on a canvas that lies on its side on the screen a label stands above the box as the screen has it', async ({
  page,
}) => {
  await open(page);
  const upright = await drawn(page, { ...labelled, boxes: [cat] });
  for (const [quarters, mirrored] of [
    [1, false],
    [1, true],
    [3, false],
    [3, true],
  ] as const) {
    /** A place of the screen, fractions, on the canvas. */
    const undo = (right: number, down: number): [number, number] => {
      const [x, y] = quarters === 1 ? [down, 1 - right] : [1 - down, right];
      return [mirrored ? 1 - x : x, y];
    };
    const [a, b] = [undo(cat.x, cat.y), undo(cat.x + cat.width, cat.y + cat.height)];
    const box = {
      x: Math.min(a[0], b[0]),
      y: Math.min(a[1], b[1]),
      width: Math.abs(a[0] - b[0]),
      height: Math.abs(a[1] - b[1]),
    };
    const [width, height] = [size.height, size.width];
    await page.evaluate(([w, h, s]) => window.drawScene(w, h, s), [
      width,
      height,
      { ...labelled, boxes: [box], turn: { quarters, mirrored } },
    ] as const);
    const canvas = await screenshot(page, { x: 0, y: 0, width, height });
    const onScreen = { ...size, data: new Uint8Array(upright.data.length) };
    for (let y = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++) {
        const [u, v] = undo((x + 0.5) / size.width, (y + 0.5) / size.height);
        const pixel = at(canvas, Math.floor(u * width), Math.floor(v * height));
        onScreen.data.set([...pixel, 255], (y * size.width + x) * 4);
      }
    const plate = plateOf(96, 72, 30);
    expect(difference(piece(onScreen, plate), piece(upright, plate)).max, `${quarters} ${mirrored}`).toBe(0);
  }
});

test('in a letterbox marks lie in the picture, and nothing is drawn beside it', async ({ page }) => {
  await open(page);
  const rect = { x: 40, y: 0, width: 240, height: 180 };
  const plain = await drawn(page, { style: 'box', rect });
  const boxed = await drawn(page, {
    style: 'box',
    labels: true,
    rect,
    colours: [orange],
    boxes: [middle, { x: -0.2, y: 0.1, width: 0.4, height: 0.3 }],
  });
  expect(at(boxed, 99, 90)).toEqual(orangeBytes);
  expect(difference(boxed, plain, (x) => x < 40 || x >= 280).max).toBe(0);
  const spot = await drawn(page, { style: 'spotlight', rect, boxes: [middle] });
  expect(difference(spot, plain, (x) => x < 40 || x >= 280).max).toBe(0);
});

test('the line of the split stays white, and highlights are on both sides of it', async ({ page }) => {
  await open(page);
  for (const style of ['spotlight', 'blur', 'box'] as const) {
    const split = await drawn(page, { style, compare: 0.25, boxes: [middle], colours: [orange] });
    expect(at(split, 80, 90)).toEqual([255, 255, 255]);
  }
  const spot = await drawn(page, { style: 'spotlight', compare: 0.5, boxes: [middle] });
  expect(at(spot, 10, 10)).toEqual(at(spot, 310, 10));
});

test('the first 64 of more marks are drawn', async ({ page }) => {
  await open(page);
  const boxes = Array.from({ length: 80 }, (_, i) => ({
    x: (i % 10) / 10 + 0.02,
    y: Math.floor(i / 10) / 8 + 0.02,
    width: 0.06,
    height: 0.08,
  }));
  const many = await drawn(page, { style: 'box', boxes, colours: [orange] });
  const line = (i: number) => {
    const box = boxes[i];
    return box ? at(many, Math.round(box.x * 320), Math.round((box.y + box.height / 2) * 180)) : [];
  };
  expect(line(63)).toEqual(orangeBytes);
  expect(line(64)).toEqual([grey, grey, grey]);
});
