import type { Rect } from '../../core/geometry.js';
import { type Observation, Tracker } from '../tracker.js';
import { type JudgedFrame, type LabelledBox, scoreTracking, type TrackingScores } from './metrics.js';
import { Random } from './random.js';

/** A thing in a scripted scene. */
interface Actor {
  /** Its box at a time, seconds; undefined while it is not in the picture. */
  readonly at: (seconds: number) => Rect | undefined;
  /** How surely a detector sees it, 0 to 1; default 0.8. 0: hidden behind something, and not in the truth either. */
  readonly score?: (seconds: number) => number;
}

/** A scene and the detector that looks at it. */
export interface Sequence {
  readonly name: string;
  readonly seconds: number;
  readonly actors: readonly Actor[];
  /** Looks a second. */
  readonly rateHz: number;
  /** From a look to its answer, seconds. */
  readonly delaySeconds?: number;
  /** Deviation of the detector's box edges, shares of the box. */
  readonly noise?: number;
  /** Chance that a look misses a thing that is there. */
  readonly missRate?: number;
  /** False boxes a look, on average. */
  readonly falseRate?: number;
}

const picture = { width: 640, height: 360 };
const framesPerSecond = 25;

const straight =
  (box: Rect, velocityX: number, velocityY = 0) =>
  (seconds: number): Rect => ({ ...box, x: box.x + velocityX * seconds, y: box.y + velocityY * seconds });

const person = (x: number, y = 150): Rect => ({ x, y, width: 40, height: 100 });

const crossing: readonly Actor[] = [
  { at: straight(person(40), 90) },
  { at: straight(person(560, 160), -80) },
  { at: straight(person(300, 20), 10, 6) },
];

const walkers: readonly Actor[] = Array.from({ length: 8 }, (_, i) => ({
  at: (seconds: number): Rect => ({
    x: 300 + 250 * Math.sin(0.25 * seconds + i * 0.8),
    y: 30 + 28 * i + 10 * Math.cos(0.7 * seconds + i),
    width: 24 + i,
    height: 56 + 2 * i,
  }),
}));

/** Scenes that a player meets, with the usual faults of a detector. */
export const sequences: readonly Sequence[] = [
  { name: 'straight, exact', seconds: 6, rateHz: 8, actors: [{ at: straight(person(20), 80) }] },
  { name: 'crossing', seconds: 6, rateHz: 8, noise: 0.03, actors: crossing },
  {
    name: 'behind a pillar for 0.8 s',
    seconds: 6,
    rateHz: 8,
    noise: 0.02,
    actors: [{ at: straight(person(60), 80), score: (s) => (s > 2.4 && s < 3.2 ? 0 : 0.8) }],
  },
  { name: 'a quarter of the boxes missing', seconds: 10, rateHz: 8, noise: 0.03, missRate: 0.25, actors: walkers },
  {
    name: 'scores that dip',
    seconds: 8,
    rateHz: 8,
    noise: 0.03,
    actors: walkers.map(({ at }, i) => ({ at, score: (s: number) => 0.45 + 0.3 * Math.cos(2 * s + i) })),
  },
  { name: 'false boxes', seconds: 10, rateHz: 8, noise: 0.03, falseRate: 0.4, actors: walkers },
  {
    name: 'fast, few looks',
    seconds: 5,
    rateHz: 4,
    noise: 0.02,
    actors: [{ at: straight({ x: 10, y: 200, width: 90, height: 50 }, 110) }],
  },
  { name: 'answers 0.25 s late', seconds: 8, rateHz: 8, delaySeconds: 0.25, noise: 0.02, actors: crossing },
  {
    name: 'all of it',
    seconds: 12,
    rateHz: 6,
    delaySeconds: 0.15,
    noise: 0.04,
    missRate: 0.15,
    falseRate: 0.2,
    actors: walkers,
  },
];

const visible = (actor: Actor, seconds: number): Rect | undefined =>
  (actor.score?.(seconds) ?? 1) > 0 ? actor.at(seconds) : undefined;

function look(sequence: Sequence, seconds: number, random: Random): Observation[] {
  const { actors, noise = 0, missRate = 0, falseRate = 0 } = sequence;
  const found: Observation[] = [];
  for (const actor of actors) {
    const box = visible(actor, seconds);
    if (!box || random.uniform() < missRate) continue;
    const off = (size: number) => random.normal() * noise * size;
    const { width, height } = box;
    const score = Math.min(1, Math.max(0, (actor.score?.(seconds) ?? 0.8) + random.normal() * noise));
    found.push({
      prompt: 'person',
      score,
      box: {
        x: box.x + off(width),
        y: box.y + off(height),
        width: width * Math.exp(random.normal() * noise),
        height: height * Math.exp(random.normal() * noise),
      },
    });
  }
  if (random.uniform() < falseRate)
    found.push({
      prompt: 'person',
      score: 0.3 + 0.25 * random.uniform(),
      box: { x: random.uniform() * picture.width, y: random.uniform() * picture.height, width: 40, height: 80 },
    });
  return found;
}

/**
 * Plays a scene at 25 frames a second and judges what is on screen: the boxes of the looks that have been answered, moved on to each
 * frame's time. Seconds before the first answer don't count.
 */
export function playSequence(sequence: Sequence, seed = 1): TrackingScores {
  const { seconds, rateHz, delaySeconds = 0, actors } = sequence;
  const tracker = new Tracker();
  const random = new Random(seed);
  const frames: JudgedFrame[] = [];
  const waiting: { readonly lookSeconds: number; readonly found: readonly Observation[] }[] = [];
  let [nextLook, answered] = [0, false];
  for (let frame = 0; frame < seconds * framesPerSecond; frame++) {
    const now = frame / framesPerSecond;
    if (now >= nextLook) {
      waiting.push({ lookSeconds: now, found: look(sequence, now, random) });
      nextLook += 1 / rateHz;
    }
    for (let first = waiting[0]; first && first.lookSeconds + delaySeconds <= now; first = waiting[0]) {
      tracker.update(first.lookSeconds * 1e6, first.found);
      waiting.shift();
      answered = true;
    }
    if (!answered) continue;
    frames.push({
      truth: actors.flatMap((actor, id): LabelledBox[] => {
        const box = visible(actor, now);
        return box ? [{ id, box }] : [];
      }),
      tracked: tracker
        .at(now * 1e6)
        .filter(({ missed }) => missed <= 2)
        .map(({ trackId, box }) => ({ id: trackId, box })),
    });
  }
  return scoreTracking(frames);
}
