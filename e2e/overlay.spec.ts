import type { Page } from '@playwright/test';
import { clip } from './clips.js';
import { expect, test } from './fixtures.js';
import type {} from './pages/player.js'; // For the types of `window`.
import { type Pixels, screenshot } from './pixels.js';

const area = { x: 0, y: 0, width: 360, height: 260 };

/** Style of the video; of its parent; of the parent's parent. `why` the native video is to be shown instead. */
interface Dress {
  readonly video?: string;
  readonly parent?: string;
  readonly outer?: string;
  readonly why?: 'video-style' | 'display-not-larger';
}

const dresses: Readonly<Record<string, Dress>> = {
  nothing: {},
  'a rounded parent that clips': { parent: 'border-radius: 60px; overflow: hidden; width: 240px; height: 135px' },
  'a parent that clips, rounded differently at each corner': {
    parent: 'border-radius: 20px 70px 40px 0 / 60px 20px 10px 30px; overflow: clip; width: 220px; height: 120px',
  },
  'two rounded parents, one in the other': {
    parent: 'border-radius: 0 90px; overflow: hidden; width: 240px',
    outer: 'border-radius: 80px 0; overflow: hidden; width: 230px; height: 130px; border: 3px solid red',
  },
  'a rounded parent scrolled to its middle': {
    parent: 'border-radius: 40px; overflow: auto; width: 200px; height: 100px; scrollbar-width: none',
  },
  'a parent with scroll bars': { parent: 'overflow: scroll; width: 200px; height: 100px' },
  'a parent that clips one axis': { parent: 'overflow-x: clip; overflow-y: visible; width: 150px; height: 90px' },
  'a parent with a clip margin': { parent: 'overflow: clip; overflow-clip-margin: 12px; width: 150px; height: 90px' },
  'a positioned video that its parent does not clip': {
    video: 'position: absolute; left: 30px; top: 20px',
    parent: 'overflow: hidden; border-radius: 50px; width: 150px; height: 90px',
  },
  opacity: { video: 'opacity: .5' },
  'opacity of a parent': { parent: 'opacity: .4' },
  'opacity with borders and background': {
    video:
      'opacity: .6; border: 6px dashed red; padding: 8px; background: green; border-radius: 20px; box-shadow: 0 0 20px 5px blue',
  },
  'a mask': { video: 'mask-image: radial-gradient(circle, black 40%, transparent 70%)' },
  'a mask in a corner, with padding': {
    video: 'padding: 10px 30px; mask: linear-gradient(45deg, transparent, black) content-box no-repeat',
  },
  'a mask of a parent': { parent: 'mask-image: linear-gradient(90deg, black, transparent); width: 240px' },
  'clip-path': { video: 'clip-path: circle(40%)' },
  'clip-path in percent, with borders': {
    video: 'border: 10px solid red; padding: 5px; clip-path: inset(10% 20% 5% 30% round 20px)',
  },
  'clip-path of a parent': { parent: 'clip-path: polygon(50% 0, 100% 100%, 0 100%); width: 240px' },
  multiply: { video: 'mix-blend-mode: multiply' },
  'difference with opacity': { video: 'mix-blend-mode: difference; opacity: .7' },
  'blending of a parent': { parent: 'mix-blend-mode: screen' },
  'filter: grayscale': { video: 'filter: grayscale(1) contrast(1.3)' },
  'filter: blur': { video: 'filter: blur(6px)' },
  'filter: drop-shadow': { video: 'border-radius: 30px; filter: drop-shadow(8px 8px 4px black)' },
  'filter: opacity': { video: 'filter: opacity(.5)' },
  'filter of a parent': { parent: 'filter: hue-rotate(90deg)' },
  'backdrop-filter, translucent': { video: 'backdrop-filter: blur(8px); opacity: .5' },
  'object-view-box': { video: 'object-view-box: inset(25% 10% 15% 30%)' },
  'object-view-box, contained': {
    video: 'object-view-box: xywh(10px 5px 20px 25px); object-fit: contain; background: black',
  },
  'object-fit: cover, aside': { video: 'width: 150px; object-fit: cover; object-position: 20% 80%' },
  'object-fit: none': { video: 'object-fit: none; background: teal', why: 'display-not-larger' },
  'a back that is not seen': { video: 'transform: rotateY(180deg); backface-visibility: hidden' },
  'a back that is seen': { video: 'transform: rotateY(180deg)' },
  'corner-shape': { video: 'border-radius: 60px; corner-shape: bevel' },
  'corner-shape of a parent that clips': {
    parent: 'border-radius: 60px; corner-shape: scoop; overflow: hidden; width: 240px; height: 135px',
  },
  'round corners in percent, borders': {
    video: 'border-radius: 50% 20% / 10% 40%; border: 12px solid red; padding: 6px',
  },
  pixelated: { video: 'image-rendering: pixelated', why: 'video-style' },
  clip: { video: 'position: absolute; clip: rect(10px, 200px, 100px, 40px)' },
  'clip without effect': { video: 'clip: rect(10px, 200px, 100px, 40px)' },
  'a filter of the page': { video: 'filter: url(#wash)', why: 'video-style' },
  turned: { video: 'transform: rotate(20deg) scale(.8); margin: 40px' },
  'turned around a corner in a rounded parent': {
    video: 'transform: rotate(20deg); transform-origin: 0 0',
    parent: 'border-radius: 40px; overflow: hidden; width: 240px; height: 135px',
  },
  'rotate, scale and translate': { video: 'rotate: 30deg; scale: .7 .6; translate: 20px 10%' },
  perspective: { video: 'transform: rotateY(40deg) translateZ(20px)', parent: 'perspective: 400px; width: 240px' },
  'perspective of its own, turned parent': {
    video: 'transform: perspective(300px) rotateX(35deg)',
    parent: 'transform: rotate(-15deg); margin: 40px; width: 240px',
  },
  'a parent turned by 90 degrees': { parent: 'rotate: 90deg; width: 240px; margin: 50px 10px' },
  'a path': { video: "offset-path: path('M 150 120 L 250 200'); offset-distance: 30%" },
  'a reflection': {
    video: '-webkit-box-reflect: below 4px linear-gradient(transparent, rgb(0 0 0 / .5)); height: 100px',
    why: 'video-style',
  },
  'outline inside': { video: 'outline: 6px solid red; outline-offset: -12px' },
  shadows: { video: 'box-shadow: 0 0 30px 10px black, inset 0 0 40px red; padding: 10px' },
  hidden: { video: 'visibility: hidden' },
  'hidden parent, visible video': { video: 'visibility: visible', parent: 'visibility: hidden' },
  'content-visibility: hidden': { video: 'content-visibility: hidden' },
  zoom: {
    video: 'zoom: .7',
    parent: 'zoom: 1.2',
    outer: 'overflow: hidden; border-radius: 30px; width: 200px; height: 110px',
  },
  'vertical writing': { parent: 'writing-mode: vertical-rl; direction: rtl; height: 180px; width: 300px' },
  sticky: { video: 'position: sticky; top: 5px' },
  'relative, moved': { video: 'position: relative; left: 13.5px; top: -7.25px' },
  'inline among text': { video: 'display: inline; vertical-align: middle; width: 100px; height: auto' },
  'a parent without a box': { parent: 'display: contents', outer: 'padding: 10px' },
  'a container': { parent: 'container-type: inline-size; width: 240px', video: 'width: 50cqw' },
  'contain: paint': { parent: 'contain: paint; width: 150px; height: 90px; border-radius: 30px' },
  'will-change': { video: 'will-change: transform, opacity' },
  'a flex item with a level': { parent: 'display: flex; align-items: center; height: 220px', video: 'z-index: 3' },
  'behind its parent': { video: 'position: relative; z-index: -1', outer: 'background: rgb(255 255 0 / .4)' },
  'isolated parent, blending video': {
    video: 'mix-blend-mode: multiply',
    parent: 'isolation: isolate; background: rgb(200 220 255); width: 300px',
  },
  'an animation that stands still': { video: 'animation: look 10s -3s linear infinite paused' },
  'an animation of a parent that stands still': {
    parent: 'animation: look 10s -7s linear infinite paused; width: 240px',
  },
  'overflow: visible': { video: 'overflow: visible; object-fit: cover; width: 100px', why: 'video-style' },
};

async function openPage(page: Page): Promise<void> {
  await page.goto('/e2e/pages/player.html');
  await page.waitForFunction(() => document.documentElement.dataset.ready === 'true');
  await page.evaluate(
    async (url) => {
      // Above the video where the page has it above: a badge that is positioned, and text that is not.
      document.body.insertAdjacentHTML(
        'afterbegin',
        `<style>
          #ground { position: relative; width: 360px; height: 260px; overflow: hidden; background: repeating-linear-gradient(45deg, #fc8 0 20px, #8cf 20px 40px); }
          @keyframes look { to { opacity: .2; rotate: 80deg; border-radius: 50%; margin-left: 60px } }
          #badge { position: absolute; left: 20px; top: 60px; width: 60px; height: 24px; background: lime; }
        </style>
        <svg width="0" height="0" style="position: absolute"><filter id="wash"><feColorMatrix type="saturate" values="0"/></filter></svg>
        <div id="ground"><div id="outer"><div id="parent"><div id="badge"></div></div></div></div>`,
      );
      document.querySelector('#parent')?.prepend(window.video);
      await window.showAt(url, 0.55);
    },
    await clip('soft'),
  );
}

/** Dresses the video and what is around it; resolves with the state, or the reason for the native video, once all that is on screen. */
function dress(page: Page, { video = '', parent = '', outer = '' }: Dress): Promise<string | undefined> {
  return page.evaluate(
    async ([own, around, outer]) => {
      window.video.style.cssText = `display: block; width: 240px; height: 136px; object-fit: fill; ${own}`;
      document.querySelector('#parent')?.setAttribute('style', around);
      document.querySelector('#outer')?.setAttribute('style', outer);
      if (/auto|scroll/.test(around)) document.querySelector('#parent')?.scrollTo(20, 17);
      await window.redrawn();
      while (window.enhanced?.state === 'starting') await window.nextEvent('statechange');
      await window.redrawn();
      return window.enhanced?.why?.code ?? window.enhanced?.state;
    },
    [video, parent, outer] as const,
  );
}

/** Pixels that differ by more than two resamplings of one soft picture do: those of the clip differ by a quarter of that. */
function farApart(a: Pixels, b: Pixels): number {
  let count = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    const delta = [0, 1, 2].map((channel) => Math.abs((a.data[at + channel] ?? 0) - (b.data[at + channel] ?? 0)));
    if (Math.max(...delta) > 40) count++;
  }
  return count;
}

test('with strength 0 a page looks as without us, however video and page are dressed', async ({ page }) => {
  await openPage(page);
  const native = new Map<string, Pixels>();
  for (const [name, styles] of Object.entries(dresses)) {
    await dress(page, styles);
    native.set(name, await screenshot(page, area));
  }
  await dress(page, {});
  await page.evaluate(() => window.enhanceVideo({ upscale: { quality: 'S', force: true, strength: 0 } }));
  const rows: string[] = [];
  const wrong: string[] = [];
  for (const [name, styles] of Object.entries(dresses)) {
    const state = await dress(page, styles);
    const ours = await screenshot(page, area);
    const without = native.get(name) ?? ours;
    const far = farApart(ours, without);
    rows.push(`${name.padEnd(60)} ${state} ${far}`);
    if (far > 0 || state !== (styles.why ?? 'running')) wrong.push(rows.at(-1) ?? name);
  }
  console.log(`pixels far from the picture without us\n${rows.join('\n')}`);
  expect(wrong).toEqual([]);

  // A native picture that is out of sight plays on.
  await dress(page, { video: 'opacity: .5' });
  await page.evaluate(async () => {
    window.video.loop = true;
    await window.video.play();
    await window.nextFrame(5);
    window.video.pause();
  });
  const left = await page.evaluate(() => {
    window.enhanced?.dispose();
    const { opacity, maskImage } = getComputedStyle(window.video);
    return {
      opacity,
      maskImage,
      animations: document.getAnimations().length,
      attributes: window.video.getAttributeNames(),
    };
  });
  expect(left).toMatchObject({ opacity: '0.5', maskImage: 'none', animations: 0 });
  expect(left.attributes).not.toContain('slot');
});

/**
 * Styles of a video and its parent, and where a label is seen that stands over a box at .1, .4 of .3 by .4 of the picture: in its place as the picture
 * lies, or at a place of the page, CSS pixels.
 */
const turned: Readonly<
  Record<
    string,
    Dress & { readonly across?: boolean; readonly down?: boolean; readonly at?: readonly [number, number] }
  >
> = {
  upright: {},
  'a self-view': { video: 'transform: scaleX(-1)', across: true },
  'a mirrored parent': { parent: 'scale: -1 1; width: 240px', across: true },
  'upside down': { video: 'rotate: 180deg', across: true, down: true },
  'twice mirrored': { video: 'scale: -1 1', parent: 'transform: rotateY(180deg); width: 240px' },
  // Turned about its corner, then moved right by its height: x is 136 - y, y is x.
  'a quarter turn': { video: 'transform-origin: 0 0; transform: translateX(136px) rotate(90deg)', at: [27, 1] },
};

test('labels read from left to right and stand upright, however the video is turned', async ({ page }) => {
  await openPage(page);
  await page.evaluate(async () => {
    document.querySelector('#badge')?.remove();
    const answers = [{ prompt: 'cat', matchedAs: undefined, kind: 'exact', confidence: 1, colour: undefined }] as const;
    let size = { width: 1, height: 1 };
    const model = {
      open: async () => ({
        answers,
        setPrompts: async () => answers,
        prepare: async (given: { width: number; height: number }) => {
          size = given;
        },
        detect: async () => {
          const box = { x: 0.1 * size.width, y: 0.4 * size.height, width: 0.3 * size.width, height: 0.4 * size.height };
          return { detections: [{ prompt: 'cat', score: 0.9, box }] };
        },
        heatMap: () => undefined,
        dispose: () => {},
        [Symbol.dispose]: () => {},
      }),
    };
    window.video.style.cssText = 'display: block; width: 240px; height: 136px; object-fit: fill';
    const enhanced = await window.enhanceVideo({
      upscale: false,
      detect: { prompts: ['cat'], model },
      highlight: { style: 'box', labels: true, colours: { cat: '#ffff00' } },
    });
    if (!enhanced.stats.detect?.tracks) await window.nextEvent('detections');
    // What is drawn first is compiled first.
    for (let i = 0; i < 20; i++) await window.redrawn();
  });
  // 20 CSS pixels high, 3 above its box.
  const [left, top, height] = [24, 31, 20];
  const whole = await screenshot(page, area);
  const yellow = (x: number, y: number) => {
    const [red = 0, green = 0, blue = 0] = whole.data.subarray((y * area.width + x) * 4);
    return red > 200 && green > 200 && blue < 80;
  };
  let right = left + 4;
  while (yellow(right, top + 3)) right++;
  // A line of a pixel is around it.
  const width = right - left + 1;
  expect(width).toBeGreaterThan(24);
  let upright: Pixels | undefined;
  for (const [name, { across, down, at, ...styles }] of Object.entries(turned)) {
    await dress(page, styles);
    const [x, y] = at ?? [across ? 240 - left - width : left, down ? 136 - top - height : top];
    // Without its round corners.
    const picture = await screenshot(page, { x: x + 4, y: y + 4, width: width - 8, height: height - 8 });
    upright ??= picture;
    expect(farApart(picture, upright), name).toBe(0);
  }
});

test('what moves while the video is paused is followed', async ({ page }) => {
  await openPage(page);
  await dress(page, {});
  const { far, kept } = await page.evaluate(async () => {
    const badge = document.querySelector<HTMLElement>('#badge');
    badge?.style.setProperty('animation', 'look 100s linear');
    for (const animation of document.getAnimations()) animation.currentTime = 40_000;
    const { canvas } = await window.enhanceVideo({ upscale: false });
    const far: Record<string, number[]> = {};
    const kept = document.getAnimations().map(({ currentTime }) => Number(currentTime) >= 40_000);
    badge?.style.removeProperty('animation');
    const off = () => {
      const [a, b] = [canvas.getBoundingClientRect(), window.video.getBoundingClientRect()];
      return Math.max(...[a.x - b.x, a.y - b.y, a.width - b.width, a.height - b.height].map(Math.abs));
    };
    const outer = document.querySelector<HTMLElement>('#outer');
    const parent = document.querySelector<HTMLElement>('#parent');
    if (!outer || !parent) throw new Error('no page');
    const ended = () => new Promise((resolve) => document.addEventListener('transitionend', resolve, { once: true }));
    const watch = async (name: string, change: () => void, until: Promise<unknown>) => {
      let over = false;
      void until.then(() => {
        over = true;
      });
      change();
      far[name] = [];
      while (!over) {
        await window.redrawn();
        far[name].push(off());
      }
      await window.redrawn();
      far[name].push(off());
    };
    outer.style.transition = 'margin-left 0.5s linear';
    void outer.offsetLeft;
    await watch('a margin', () => outer.style.setProperty('margin-left', '90px'), ended());
    window.video.style.transition = 'transform 0.5s linear';
    void window.video.offsetLeft;
    await watch('a transform', () => window.video.style.setProperty('transform', 'rotate(40deg)'), ended());
    await watch('a sibling that grows', () => parent.before('words', document.createElement('br')), window.redrawn());
    await watch(
      'a rule',
      () => document.styleSheets[0]?.insertRule('#parent { padding: 9px }'),
      (async () => {
        document.body.classList.add('stirred');
        await window.redrawn();
      })(),
    );
    return { far, kept };
  });
  expect(kept).toEqual([true]);
  for (const [name, distances] of Object.entries(far)) {
    expect(distances.at(-1), name).toBeLessThan(0.1);
    // At the most by what half a second's way is in a few frames of a busy machine.
    expect(Math.max(...distances), name).toBeLessThan(60);
  }
});
