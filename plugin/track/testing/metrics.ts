import { intersectionOverUnion } from '../../core/boxes.js';
import type { Rect } from '../../core/geometry.js';
import { assign } from '../assign.js';

export interface LabelledBox {
  readonly id: number;
  readonly box: Rect;
}

/** What is truly there in a frame, and where a tracker says it is. */
export interface JudgedFrame {
  readonly truth: readonly LabelledBox[];
  readonly tracked: readonly LabelledBox[];
}

export interface TrackingScores {
  /** 1 - (misses + false boxes + identity switches) / true boxes (Bernardin & Stiefelhagen 2008). */
  readonly mota: number;
  /** F1 of boxes under the best one-to-one pairing of true with tracked identities (Ristani et al. 2016). */
  readonly idf1: number;
  /** Of the matched boxes. */
  readonly meanIou: number;
  readonly misses: number;
  readonly falseBoxes: number;
  readonly switches: number;
}

const matchIou = 0.5;

/** Scores a tracker's boxes frame by frame; a match has an IoU of at least 0.5. */
export function scoreTracking(frames: readonly JudgedFrame[]): TrackingScores {
  const last = new Map<number, number>();
  let [misses, falseBoxes, switches, trueBoxes, matches, iouSum] = [0, 0, 0, 0, 0, 0];
  for (const { truth, tracked } of frames) {
    trueBoxes += truth.length;
    const pairs = matchFrame(truth, tracked, last);
    for (const { trueId, trackedId, iou } of pairs) {
      if (last.has(trueId) && last.get(trueId) !== trackedId) switches++;
      last.set(trueId, trackedId);
      iouSum += iou;
    }
    matches += pairs.length;
    misses += truth.length - pairs.length;
    falseBoxes += tracked.length - pairs.length;
  }
  return {
    mota: 1 - (misses + falseBoxes + switches) / trueBoxes,
    idf1: identityF1(frames),
    meanIou: iouSum / Math.max(1, matches),
    misses,
    falseBoxes,
    switches,
  };
}

/** A pairing of the frame before stays while it still matches; the others are paired by least distance. */
function matchFrame(truth: readonly LabelledBox[], tracked: readonly LabelledBox[], last: ReadonlyMap<number, number>) {
  const costs = truth.map(({ id, box }) =>
    tracked.map((other) => {
      const iou = intersectionOverUnion(box, other.box);
      if (iou < matchIou) return Number.POSITIVE_INFINITY;
      return last.get(id) === other.id ? -truth.length : 1 - iou;
    }),
  );
  const columns = assign(costs);
  return truth.flatMap(({ id, box }, row) => {
    const found = tracked[columns[row] ?? -1];
    return found ? [{ trueId: id, trackedId: found.id, iou: intersectionOverUnion(box, found.box) }] : [];
  });
}

function identityF1(frames: readonly JudgedFrame[]): number {
  const shared = new Map<string, number>();
  const trueIds = new Set<number>();
  const trackedIds = new Set<number>();
  let boxes = 0;
  for (const { truth, tracked } of frames) {
    boxes += truth.length + tracked.length;
    for (const { id } of truth) trueIds.add(id);
    for (const { id } of tracked) trackedIds.add(id);
    for (const a of truth)
      for (const b of tracked)
        if (intersectionOverUnion(a.box, b.box) >= matchIou)
          shared.set(`${a.id} ${b.id}`, (shared.get(`${a.id} ${b.id}`) ?? 0) + 1);
  }
  const columns = [...trackedIds];
  const count = (a: number, b: number | undefined) => shared.get(`${a} ${b}`) ?? 0;
  const rows = [...trueIds];
  const pairing = assign(rows.map((a) => columns.map((b) => -count(a, b))));
  const truePositives = rows.reduce((sum, a, row) => sum + count(a, columns[pairing[row] ?? -1]), 0);
  return (2 * truePositives) / Math.max(1, boxes);
}
