import { displayName, type Report, type Row } from './report.js';
import { type Condition, type Group, groups } from './sample.js';

/** A statement about the figures, and whether they bear it out. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
  readonly detail: string;
}

const judgedConditions = ['crf28', 'clean'] as const satisfies readonly Condition[];

function ahead(ours: Row, peer: Row, condition: Condition): Check | undefined {
  const margin = (group: Group): readonly number[] => {
    const [own, others] = [ours.gains[group]?.[condition], peer.gains[group]?.[condition]];
    return own && others ? [own.psnrDb - others.psnrDb] : [];
  };
  const margins = groups.flatMap(margin);
  if (margins.length === 0) return undefined;
  return {
    what: `${displayName(ours)} ahead of ${peer.name} at ${condition.replace('crf', 'crf ')}`,
    holds: margins.every((db) => db > 0),
    detail: `${margins.map((db) => `${db >= 0 ? '+' : ''}${db.toFixed(2)}`).join('/')} dB in ${(ours.medianMs / peer.medianMs).toFixed(2)} of the time`,
  };
}

function quicker(rows: readonly Row[], tier: string, peer: string): readonly Check[] {
  const ours = rows.find(({ family, name }) => family === 'vitreous' && name === tier);
  const other = rows.find(({ family, name }) => family !== 'vitreous' && name === peer);
  if (!ours || !other) return [];
  return [
    {
      what: `${displayName(ours)} takes less time than ${peer}`,
      holds: ours.medianMs < other.medianMs,
      detail: `${(ours.medianMs / other.medianMs).toFixed(2)} of it`,
    },
  ];
}

/**
 * The claims the table is read for: each tier ahead of each peer of equal or longer time, on every group of frames; S quicker than
 * CNNx2M and M than CNNx2VL; one submit a frame.
 */
export function checks({ rows }: Report): readonly Check[] {
  const timed = rows.filter(({ medianMs }) => !Number.isNaN(medianMs));
  const ours = timed.filter(({ family }) => family === 'vitreous');
  const peers = timed.filter(({ family }) => family !== 'vitreous');
  return [
    ...ours.flatMap((tier) =>
      peers
        .filter((peer) => peer.medianMs >= tier.medianMs)
        .flatMap((peer) => judgedConditions.flatMap((condition) => ahead(tier, peer, condition) ?? [])),
    ),
    ...quicker(timed, 'S', 'CNNx2M'),
    ...quicker(timed, 'M', 'CNNx2VL'),
    ...ours.map((tier) => ({
      what: `${displayName(tier)} submits once a frame`,
      holds: tier.submits === 1,
      detail: `${tier.submits} submits, ${tier.dispatches} dispatches`,
    })),
  ];
}

export function checkLines(all: readonly Check[]): readonly string[] {
  const width = Math.max(0, ...all.map(({ what }) => what.length));
  return all.map(({ what, holds, detail }) => `${holds ? 'yes' : 'NO '}  ${what.padEnd(width)}  ${detail}`);
}
