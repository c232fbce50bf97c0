import { type HighlightStyle, highlightStyles } from '../../plugin/session/api/options.js';
import { random } from '../../plugin/session/pace/testing/simulated-gpu.js';
import { films } from './films.js';

/** Two videos at most, on one device. */
export const slots = [0, 1] as const;

export type Slot = (typeof slots)[number];

/** What `enhance` and `set` are given. */
export interface SoakSettings {
  readonly quality: 'auto' | 'S' | 'M';
  readonly strength: number;
  readonly compare: number | false;
  readonly prompts: readonly string[] | false;
  readonly style: HighlightStyle;
}

/** The ways a device is lost. */
export const losses = ['device destroyed', 'device destroyed twice', 'GPU process killed'] as const;

export type Loss = (typeof losses)[number];

/** One step of the soak, as plain data. */
export type Action =
  | { readonly kind: 'open'; readonly slot: Slot; readonly film: number; readonly settings: SoakSettings }
  | { readonly kind: 'close'; readonly slot: Slot }
  | { readonly kind: 'renew'; readonly slot: Slot; readonly settings: SoakSettings }
  | { readonly kind: 'play' | 'pause'; readonly slot: Slot }
  | { readonly kind: 'seek'; readonly slot: Slot; readonly to: number }
  | { readonly kind: 'rate'; readonly slot: Slot; readonly rate: number }
  | { readonly kind: 'source'; readonly slot: Slot; readonly film: number }
  | { readonly kind: 'resize'; readonly slot: Slot; readonly width: number }
  | { readonly kind: 'set'; readonly slot: Slot; readonly settings: SoakSettings }
  | { readonly kind: 'enabled'; readonly slot: Slot; readonly enabled: boolean }
  | { readonly kind: 'hide' }
  | { readonly kind: 'lose'; readonly how: Loss }
  | { readonly kind: 'rest' };

export type ActionKind = Action['kind'];

/** CSS pixels of a video's box, 16 by 9; the narrowest is smaller than any film, where the native picture is as good. */
const widths = [96, 320, 400, 480] as const;
const rates = [0.5, 1, 1, 2] as const;
/** Between blocks of the films' stamps. */
const splits = [false, false, 0.3, 0.5, 0.7] as const;
const promptSets = [['person'], ['person', 'tree'], ['rabbit'], false] as const;
/** What is hidden on purpose cannot be told from what is lost. */
const styles = highlightStyles.filter((style) => style !== 'blur');
const qualities = ['S', 'S', 'auto', 'M'] as const;

/** How often each comes, against the others. */
const weights = {
  play: 2,
  pause: 2,
  seek: 4,
  rate: 2,
  source: 4,
  resize: 3,
  set: 4,
  enabled: 2,
  renew: 2,
  hide: 1,
  lose: 3,
  open: 3,
  close: 1,
} as const satisfies Partial<Record<ActionKind, number>>;

/** From one rest, where nothing may be left, to the next. */
const actionsARound = 5;

/** The same endless sequence of actions for the same seed, whatever comes of them. */
export function* plan(seed: number): Generator<Action, never> {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => {
    const one = from[Math.floor(next() * from.length)];
    if (one === undefined) throw new RangeError('soak: nothing to pick from');
    return one;
  };
  const film = () => Math.floor(next() * films.length);
  const settings = (): SoakSettings => ({
    quality: pick(qualities),
    strength: pick([0.5, 1, 1]),
    compare: pick(splits),
    prompts: pick(promptSets),
    style: pick(styles),
  });
  let lossCount = Math.floor(next() * losses.length);
  for (;;) {
    const open = new Set<Slot>([0]);
    yield { kind: 'open', slot: 0, film: film(), settings: settings() };
    for (let i = 0; i < actionsARound; i++) {
      const kind = pickWeighted(next());
      const slot = pick([...open]);
      if (kind === 'open' || kind === 'close') {
        const second = open.has(1) ? ('close' as const) : ('open' as const);
        yield second === 'close'
          ? { kind: second, slot: 1 }
          : { kind: second, slot: 1, film: film(), settings: settings() };
        if (second === 'close') open.delete(1);
        else open.add(1);
      } else if (kind === 'source') yield { kind, slot, film: film() };
      else if (kind === 'seek') yield { kind, slot, to: next() };
      else if (kind === 'rate') yield { kind, slot, rate: pick(rates) };
      else if (kind === 'resize') yield { kind, slot, width: pick(widths) };
      else if (kind === 'set' || kind === 'renew') yield { kind, slot, settings: settings() };
      else if (kind === 'enabled') yield { kind, slot, enabled: next() < 0.5 };
      else if (kind === 'lose') {
        // In turns: each of them comes soon.
        const how = losses[lossCount++ % losses.length];
        if (how) yield { kind, how };
      } else if (kind === 'hide') yield { kind };
      else yield { kind, slot };
    }
    yield { kind: 'rest' };
  }
}

function pickWeighted(at: number): keyof typeof weights {
  const entries = Object.entries(weights) as [keyof typeof weights, number][]; // The keys of the record above.
  let left = at * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of entries) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'seek';
}
