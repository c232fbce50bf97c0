import type { Plan } from './plan.js';

/** The plan as plain data, for printing and snapshots: no shader text, no functions. */
export function planToJson(plan: Plan): Record<string, unknown> {
  return {
    precision: plan.precision,
    dispatches: plan.steps.length,
    macs: plan.macs,
    readBytes: plan.readBytes,
    writtenBytes: plan.writtenBytes,
    weightBytes: plan.weightBytes,
    computedBytes: plan.computedBytes,
    segments: plan.segments,
    arenaBytes: plan.arena.bufferBytes,
    params: plan.params.map(({ name, default: value }) => ({ name, default: value })),
    steps: plan.steps.map((step) => ({
      label: step.label,
      kernel: step.kernel.name,
      variant: step.variant,
      consts: step.consts,
      workgroups: step.workgroups,
      bindings: step.bindings,
      macs: step.macs,
      readBytes: step.readBytes,
      writtenBytes: step.writtenBytes,
    })),
  };
}
