// What bounds a tier: `npm run -s bench:roofline [-- --write | --check]`. Compiles the shipped networks for a real GPU, without one,
// and sets bytes moved and arithmetic against the ceilings of three GPUs. --write puts the tables into docs/performance.md; --check
// fails where that page shows others.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CommandError, reportErrors } from '../cli/command-error.js';
import { buildGraph, shippedTiers } from '../models/mobilevit-sr/index.js';
import type { Size } from '../plugin/core/geometry.js';
import { type Tier, tiers } from '../plugin/core/model-source.js';
import { checkManifest } from '../plugin/engine/files/manifest.js';
import { compile } from '../plugin/engine/plan/compile.js';
import type { Plan } from '../plugin/engine/plan/plan.js';
import { framesARound as oneFrameIn } from './frames-a-round.js';
import {
  ceilingsMs,
  devices,
  done,
  doneInAll,
  intensity,
  minimumBytes,
  realGpuCaps,
  rooflineMs,
} from './roofline-model.js';

const usage = 'usage: npm run -s bench:roofline [-- --write | --check]';
const page = new URL('../docs/performance.md', import.meta.url);
const marks = ['<!-- printed by bench:roofline: begin -->', '<!-- printed by bench:roofline: end -->'] as const;

interface NamedSize extends Size {
  readonly name: string;
}

const sizes: readonly [NamedSize, NamedSize] = [
  { name: '360p', width: 640, height: 360 },
  { name: '720p', width: 1280, height: 720 },
];

function planOf(tier: Tier, size: Size, caps = realGpuCaps): Plan {
  const manifest = checkManifest(shippedTiers[tier].manifest, `mobilevit-sr ${tier}`);
  return compile(buildGraph(manifest, size), { caps, precision: 'f16' });
}

/** Too few invocations a workgroup for a chain of layers: each layer is a dispatch. */
const unchainedCaps = { ...realGpuCaps, maxInvocationsPerWorkgroup: 128 };

const movedBytes = (work: { readonly readBytes: number; readonly writtenBytes: number }): number =>
  work.readBytes + work.writtenBytes;
const mega = (value: number): string => (value / 1e6).toFixed(2);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Of a frame that is one of the most. */
const dispatchesOf = ({ segments }: Plan): number =>
  segments.reduce((n, { condition, first, end }) => n + (condition.kind === 'every-frame' ? end - first : 0), 0);

function summary(): string {
  const rows = sizes.flatMap((size) =>
    tiers.map((tier) => {
      const plan = planOf(tier, size);
      return [
        `${tier}, ${size.name}`,
        String(plan.steps.length),
        String(dispatchesOf(plan)),
        (plan.macs / 1e6).toFixed(0),
        (doneInAll(plan).macs / 1e6).toFixed(0),
        mega(movedBytes(plan)),
        mega(minimumBytes(size)),
        (movedBytes(plan) / minimumBytes(size)).toFixed(2),
        intensity(doneInAll(plan)).toFixed(0),
        mega(plan.arena.bufferBytes.reduce((sum, bytes) => sum + bytes, 0)),
      ];
    }),
  );
  const head = [
    '',
    'dispatches',
    `with ${oneFrameIn - 1} frames in ${oneFrameIn}`,
    'MMAC',
    'with seams',
    'MB moved',
    'MB at least',
    'ratio',
    'FLOP/byte',
    'MB of maps in memory',
  ];
  return table(head, rows);
}

function ceilings(): string {
  const kinds = [
    { name: '', caps: realGpuCaps },
    { name: ', no chains', caps: unchainedCaps },
  ];
  const rows = sizes.flatMap((size) =>
    tiers.flatMap((tier) =>
      kinds.map(({ name, caps }) => {
        const plan = planOf(tier, size, caps);
        const cells = devices.map((device) => {
          const { memory, arithmetic } = ceilingsMs(doneInAll(plan), device);
          const { ms, memoryShare } = rooflineMs(plan, device);
          const share = Math.round(memoryShare * 100);
          return `${memory.toFixed(2)} / ${arithmetic.toFixed(2)} / **${ms.toFixed(2)}**, ${share} %`;
        });
        return [`${tier}, ${size.name}${name}`, String(plan.steps.length), ...cells];
      }),
    ),
  );
  return table(['', 'dispatches', ...devices.map(({ name }) => name)], rows);
}

/** One line a tier, so that the words follow the plans. */
function bounds(): string {
  const [size] = sizes;
  return tiers
    .map((tier) => {
      const plan = planOf(tier, size);
      const on = devices.map((device) => {
        const { ms, memoryShare } = rooflineMs(plan, device);
        const what = memoryShare >= 0.5 ? 'memory' : 'arithmetic';
        return `${device.name}: ${what} (${Math.round(100 * Math.max(memoryShare, 1 - memoryShare))} % of ${ms.toFixed(2)} ms)`;
      });
      const ratio = (movedBytes(plan) / minimumBytes(size)).toFixed(1);
      return `- **${tier}** at ${size.name} moves ${ratio} times the least. Bound by, ${on.join('; ')}.`;
    })
    .join('\n');
}

/** NV12, as decoders give it: luma, and two colour differences for each four pixels. */
const decodedBytesPerPixel = 1.5;
const frameBytesPerPixel = 4;

/** What the pass before the networks takes, and how much of the cheapest tier's time that is. */
function ingest(): string {
  const [cheapest] = tiers;
  const rows = sizes.map((size) => {
    const bytes = (decodedBytesPerPixel + frameBytesPerPixel) * size.width * size.height;
    const cells = devices.map((device) => {
      const ms = (1e3 * bytes) / device.bytesPerSecond;
      const share = (100 * ms) / rooflineMs(planOf(cheapest, size), device).ms;
      return `${ms.toFixed(3)}, ${share.toFixed(0)} %`;
    });
    return [size.name, mega(bytes), ...cells];
  });
  return table(['', 'MB moved', ...devices.map(({ name }) => `${name}, of ${cheapest}`)], rows);
}

function layers(tier: Tier): string {
  const [size] = sizes;
  const [device] = devices;
  if (!device) throw new Error('a device to set the layers against');
  const rows = planOf(tier, size).steps.map((step) => {
    const { memory, arithmetic } = ceilingsMs(done(step), device);
    return [
      `\`${step.label}\``,
      `${step.kernel.name} (${step.variant})`,
      mega(step.macs),
      mega(done(step).macs),
      mega(step.readBytes),
      mega(step.writtenBytes),
      intensity(done(step)).toFixed(1),
      memory.toFixed(3),
      arithmetic.toFixed(3),
      memory >= arithmetic ? 'memory' : 'arithmetic',
    ];
  });
  const head = [
    'layer',
    'kernel (variant)',
    'MMAC',
    'with seams',
    'MB read',
    'MB written',
    'FLOP/byte',
    'ms memory',
    'ms arithmetic',
  ];
  return table([...head, 'bound by'], rows);
}

function deviceTable(): string {
  const rows = devices.map(({ name, bytesPerSecond, flopPerSecond, source }) => [
    name,
    (bytesPerSecond / 1e9).toFixed(0),
    (flopPerSecond / 1e12).toFixed(0),
    (flopPerSecond / bytesPerSecond).toFixed(0),
    source,
  ]);
  return table(['', 'GB/s', 'TFLOP/s f16', 'balance, FLOP/byte', 'after'], rows);
}

function report(): string {
  return [
    '### Ceilings assumed',
    deviceTable(),
    '### What a frame moves and computes',
    summary(),
    '### Milliseconds a frame: at the memory ceiling / at the arithmetic ceiling / **layer by layer**, share of it bound by memory',
    ceilings(),
    '### What bounds each tier',
    bounds(),
    '### Ingest: milliseconds at the memory ceiling, and as a share of the cheapest tier',
    ingest(),
    ...tiers.flatMap((tier) => [`### ${tier} at 360p on the integrated GPU, by layer`, layers(tier)]),
  ].join('\n\n');
}

/** The page with `text` between its marks. */
function inserted(old: string, text: string): string {
  const [begin, end] = marks;
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  if (from < 0 || to < from)
    throw new CommandError('output-failed', `docs/performance.md lacks '${begin}' or '${end}'`);
  return `${old.slice(0, from)}${begin}\n\n${text}\n\n${old.slice(to)}`;
}

export function main(args: string[]): Promise<number> {
  return reportErrors(async () => {
    let values: { write?: boolean; check?: boolean };
    try {
      ({ values } = parseArgs({ args, options: { write: { type: 'boolean' }, check: { type: 'boolean' } } }));
    } catch (cause) {
      throw new CommandError('usage', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, cause);
    }
    const text = report();
    if (!values.check) console.log(text);
    if (!values.write && !values.check) return 0;
    const old = readFileSync(page, 'utf8');
    const wanted = inserted(old, text);
    if (values.write) writeFileSync(page, wanted);
    else if (wanted !== old) {
      console.error('docs/performance.md shows other plans: `npm run -s bench:roofline -- --write` renews it');
      return 1;
    }
    return 0;
  });
}
