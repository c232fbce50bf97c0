import type { Page } from '@playwright/test';
import { rebuildRules } from '../../plugin/session/draw/rebuilds.js';
import type { SlotStatus } from '../pages/soak.js';
import { difference, type Pixels, screenshot } from '../pixels.js';
import type { SoakBrowser } from './browser.js';
import { filmFrames, filmRate, films } from './films.js';
import type { Holdings } from './ledger.js';
import type { Action, Loss, Slot, SoakSettings } from './plan.js';
import { contrast, readStamp } from './stamp.js';

/** Something that must not happen. */
export class SoakLoss extends Error {}

/** The browser has locked itself out, which no page can: nothing is lost but that browser. */
export class BrowserDeadlock extends Error {}

/** A video as the plan left it. */
interface Video {
  film: number;
  paused: boolean;
  enabled: boolean;
  width: number;
  settings: SoakSettings;
}

/** What was counted so far. */
export interface Tally {
  framesShown: number;
  pictures: number;
  comparisons: number;
  /** Largest mean difference between an enhanced picture and the native one, levels of 255. */
  largestDifference: number;
  readonly injected: Map<Loss, number>;
  readonly survived: Map<Loss, number>;
}

/** What is left at rest, where nothing may be. */
export interface Rest {
  readonly holdings: Holdings;
  /** Enhancements and videos that cannot be collected. */
  readonly held: number;
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** So long may it take until what should show does: a software GPU is slow, and looks at frames for seconds. */
const patienceMs = 120_000;
/** An action that takes longer is looked into. */
const deadlockCheckMs = 10_000;
/** A page that is well answers sooner, however slow the machine. */
const answerMs = 30_000;
/** A paused video that its browser shows nothing of for so long has no frame any more. */
const goneMs = 10_000;
/** A picture with less contrast is one colour. */
const leastContrast = 5;
/** Levels of 255 by which an enhanced picture may differ from the native one on average. Frames of other shots differ by 17 and more. */
const mostDifference = 12;
/** Pictures of a paused video in which it may still be on its way to its last frame. */
const mostTries = 10;
const fullWidth = 480;
const hiddenMs = 1000;

/** Carries out a plan's actions on the page, and looks after each whether everything is as it should be. */
export class Driver {
  #browser: SoakBrowser;
  readonly #urls: readonly string[];
  readonly #videos = new Map<Slot, Video>();
  readonly tally: Tally = {
    framesShown: 0,
    pictures: 0,
    comparisons: 0,
    largestDifference: 0,
    injected: new Map(),
    survived: new Map(),
  };

  constructor(browser: SoakBrowser, urls: readonly string[]) {
    this.#browser = browser;
    this.#urls = urls;
  }

  get #page(): Page {
    return this.#browser.page;
  }

  /** @throws SoakLoss; BrowserDeadlock. */
  act(action: Action): Promise<void> {
    return this.#watched(this.#act(action));
  }

  /**
   * What the page holds after everything was disposed.
   *
   * @throws SoakLoss; BrowserDeadlock.
   */
  rest(): Promise<Rest> {
    return this.#watched(this.#rest());
  }

  /** As long as the browser answers. */
  async #watched<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const watch = async (): Promise<never> => {
      for (const untilMs = Date.now() + 2 * patienceMs; Date.now() < untilMs && !over; ) {
        await new Promise((resolve) => setTimeout(resolve, deadlockCheckMs));
        if (!over && (await this.#browser.deadlocked())) throw new BrowserDeadlock('the browser has locked itself out');
      }
      throw new SoakLoss('the page does not answer');
    };
    const watching = watch();
    // Whichever is first has been heard then.
    for (const either of [work, watching]) either.catch(() => {});
    try {
      return await Promise.race([work, watching]);
    } finally {
      over = true;
    }
  }

  /** Goes on with another browser, in which nothing is open. */
  moveTo(browser: SoakBrowser): void {
    this.#browser = browser;
    this.#videos.clear();
  }

  /** How it stands with the page, for who looks for the cause of a loss. */
  async describe(): Promise<string> {
    const late = new Promise<string>((resolve) => setTimeout(resolve, answerMs, 'its main thread does not answer'));
    return Promise.race([late, this.#page.evaluate(() => window.soak.describe()).catch(String)]);
  }

  async #act(action: Action): Promise<void> {
    if (action.kind === 'rest') {
      for (const slot of [...this.#videos.keys()]) await this.#close(slot);
      return;
    }
    if (action.kind === 'lose') {
      const lost = await this.#lose(action.how);
      await this.#look(action.how === 'GPU process killed');
      if (lost) count(this.tally.survived, action.how);
      return;
    }
    if (action.kind === 'hide') await this.#hide();
    else if (action.kind === 'open') await this.#open(action.slot, action.film, action.settings);
    else if (action.kind === 'close') await this.#close(action.slot);
    else await this.#change(action);
    await this.#look();
  }

  async #open(slot: Slot, film: number, settings: SoakSettings): Promise<void> {
    this.#videos.set(slot, { film, paused: false, enabled: true, width: fullWidth, settings });
    await this.#page.evaluate(([slot, url, settings]) => window.soak.open(slot, url, settings), [
      slot,
      this.#url(film),
      settings,
    ] as const);
  }

  async #close(slot: Slot): Promise<void> {
    this.tally.framesShown += await this.#page.evaluate((slot) => window.soak.close(slot), slot);
    this.#videos.delete(slot);
  }

  async #change(action: Extract<Action, { slot: Slot }>): Promise<void> {
    const video = this.#videos.get(action.slot);
    if (!video) throw new RangeError(`soak: slot ${action.slot} is closed`);
    const page = this.#page;
    const { slot } = action;
    switch (action.kind) {
      case 'play':
        video.paused = false;
        return page.evaluate((slot) => window.soak.play(slot), slot);
      case 'pause':
        video.paused = true;
        return page.evaluate((slot) => window.soak.pause(slot), slot);
      case 'seek':
        // The middle of a frame.
        return page.evaluate(([slot, to]) => window.soak.seek(slot, to), [
          slot,
          (Math.floor(action.to * (filmFrames - 1)) + 0.5) / filmRate,
        ] as const);
      case 'rate':
        return page.evaluate(([slot, rate]) => window.soak.rate(slot, rate), [slot, action.rate] as const);
      case 'source':
        video.film = action.film;
        return page.evaluate(([slot, url]) => window.soak.source(slot, url), [slot, this.#url(action.film)] as const);
      case 'resize':
        video.width = action.width;
        return page.evaluate(([slot, width]) => window.soak.resize(slot, width), [slot, action.width] as const);
      case 'enabled':
        video.enabled = action.enabled;
        return page.evaluate(([slot, enabled]) => window.soak.enable(slot, enabled), [slot, action.enabled] as const);
      case 'set':
        video.settings = action.settings;
        return page.evaluate(([slot, settings]) => window.soak.set(slot, settings), [slot, action.settings] as const);
      case 'renew':
        video.settings = action.settings;
        video.enabled = true;
        this.tally.framesShown += await page.evaluate(([slot, settings]) => window.soak.renew(slot, settings), [
          slot,
          action.settings,
        ] as const);
        return;
    }
  }

  async #lose(how: Loss): Promise<boolean> {
    // Devices that are lost one right after the other are given up, as they should be.
    await new Promise((resolve) => setTimeout(resolve, rebuildRules.steadyMs));
    if (how === 'GPU process killed') await this.#browser.browserSession.send('Browser.crashGpuProcess');
    const lost = await this.#page.evaluate((how) => {
      if (how === 'device destroyed twice') window.loseNextDevices = 1;
      return how === 'GPU process killed' ? 1 : window.loseDevices();
    }, how);
    if (lost > 0) count(this.tally.injected, how);
    return lost > 0;
  }

  /** Another page comes to the front for a while. Frozen as well, Chromium 156 now and then deadlocks itself. */
  async #hide(): Promise<void> {
    const { page, behind } = this.#browser;
    await behind.bringToFront();
    await new Promise((resolve) => setTimeout(resolve, hiddenMs));
    await page.bringToFront();
  }

  #url(film: number): string {
    const url = this.#urls[film];
    if (url === undefined) throw new RangeError(`soak: film ${film}`);
    return url;
  }

  /** Every video is in the state it should be in, and shows what it should show. `restarting`: the browser has to start its GPU process anew. */
  async #look(restarting = false): Promise<void> {
    for (const [slot, video] of this.#videos) {
      const state = await this.#settled(slot, video);
      await this.#showsItsFrame(slot, video, restarting);
      if (state === 'running' && video.paused) await this.#resemblesNative(slot, video);
    }
  }

  async #settled(slot: Slot, video: Video): Promise<string> {
    const film = films[video.film];
    const pointless = film !== undefined && video.width <= film.width && video.settings.prompts === false;
    const wanted = !video.enabled ? 'off' : pointless ? 'bypassed' : 'running';
    let status: SlotStatus | undefined;
    for (const untilMs = Date.now() + patienceMs; Date.now() < untilMs; ) {
      status = await this.#page.evaluate((slot) => window.soak.status(slot), slot);
      if (status.state === wanted) return wanted;
      if (status.state === 'failed') break;
      await this.#page.evaluate(() => new Promise(requestAnimationFrame));
    }
    throw new SoakLoss(`video ${slot} should be ${wanted}: ${JSON.stringify(status)}`);
  }

  /** The frame that the browser presents, or a later one, is on screen; paused: that very one. */
  async #showsItsFrame(slot: Slot, video: Video, restarting: boolean): Promise<void> {
    let [seen, wanted] = ['nothing', ''];
    const startMs = Date.now();
    let gone = false;
    while (Date.now() < startMs + patienceMs) {
      const { presentedSeconds, box } = await this.#page.evaluate((slot) => window.soak.status(slot), slot);
      const frame = Math.round(presentedSeconds * filmRate);
      const picture = await screenshot(this.#page, box);
      this.tally.pictures++;
      if (contrast(picture) < leastContrast) {
        const native = await this.#nativeShows(box);
        // A browser that draws nothing yet may have begun to between the two pictures.
        if (native && (!restarting || contrast(await screenshot(this.#page, box)) < leastContrast))
          throw new SoakLoss(`video ${slot} shows one colour where the native picture does not`);
        // Chromium loses a paused video's frame with its GPU process, and shows black: it is asked for again.
        if (!native && restarting && video.paused && !gone && Date.now() > startMs + goneMs) {
          gone = true;
          await this.#page.evaluate(([slot, to]) => window.soak.seek(slot, to), [slot, presentedSeconds] as const);
        }
      }
      const stamp = readStamp(picture);
      if (stamp?.film === video.film) {
        const ahead = (stamp.frame - frame + filmFrames) % filmFrames;
        if (video.paused ? ahead === 0 : ahead < filmFrames / 2) return;
      }
      [seen, wanted] = [JSON.stringify(stamp), `film ${video.film}, frame ${frame}${video.paused ? '' : ' or later'}`];
    }
    throw new SoakLoss(`video ${slot} is frozen: it shows ${seen}, not ${wanted}`);
  }

  /** Without anything of ours over it the video shows: a browser that starts its GPU process anew shows nothing for a moment. */
  async #nativeShows(box: SlotStatus['box']): Promise<boolean> {
    await this.#page.evaluate(() => window.soak.bare(true));
    const native = await screenshot(this.#page, box);
    await this.#page.evaluate(() => window.soak.bare(false));
    return contrast(native) >= leastContrast;
  }

  async #resemblesNative(slot: Slot, video: Video): Promise<void> {
    const { box } = await this.#page.evaluate((slot) => window.soak.status(slot), slot);
    const shoot = async (native: boolean): Promise<Pixels> => {
      await this.#page.evaluate((native) => window.soak.bare(native), native);
      return screenshot(this.#page, box);
    };
    // Marks and their labels are no part of the picture.
    await this.#page.evaluate((slot) => window.soak.mark(slot, false), slot);
    // The last frame of a video that was just paused may come between the two: the native picture is the same before and after.
    let native = await shoot(true);
    let ours = await shoot(false);
    let after = await shoot(true);
    for (let tries = 1; difference(native, after).max > 0; tries++) {
      if (tries === mostTries) throw new SoakLoss(`video ${slot} is paused, and its native picture goes on changing`);
      native = after;
      ours = await shoot(false);
      after = await shoot(true);
    }
    await this.#page.evaluate(() => window.soak.bare(false));
    const { mean } = difference(native, ours);
    await this.#page.evaluate(([slot, style]) => window.soak.mark(slot, style), [slot, video.settings.style] as const);
    this.tally.comparisons++;
    this.tally.largestDifference = Math.max(this.tally.largestDifference, mean);
    if (mean > mostDifference)
      throw new SoakLoss(`video ${slot} differs from its native picture by ${mean.toFixed(1)} levels on average`);
  }

  async #rest(): Promise<Rest> {
    const { pageSession } = this.#browser;
    await this.#page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    // What was being prepared ends by itself.
    await this.#page
      .waitForFunction(() => window.holdings().forgottenGpuObjects === 0, undefined, { timeout: patienceMs })
      .catch(() => {}); // The record tells.
    let held = Number.POSITIVE_INFINITY;
    for (const untilMs = Date.now() + patienceMs; held > 0 && Date.now() < untilMs; ) {
      for (let i = 0; i < 3; i++) await pageSession.send('HeapProfiler.collectGarbage');
      // What the GPU still owes an answer to is held until it has come.
      held = await this.#page.evaluate(() => window.soak.held());
    }
    const { usedSize } = await pageSession.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await pageSession.send('Memory.getDOMCounters');
    const holdings = await this.#page.evaluate(() => window.holdings());
    return { holdings, held, heapBytes: usedSize, nodes, listeners: jsEventListeners };
  }
}

function count<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
