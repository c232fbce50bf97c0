import { shader } from '../../../../shaders/engine/prompt_scores.wgsl';
import { kernelOf } from '../../../gpu/shader.js';
import { dispatch } from '../../dispatch.js';
import type { Graph } from '../../graph.js';
import { input, type Op, output } from '../../op.js';
import {
  asTensor,
  channelsOf,
  groupsOf,
  invalidGraph,
  rowsOf,
  type TensorType,
  tensor,
  type ValueType,
} from '../../tensor.js';
import type { Value } from '../../value.js';
import { gridOf } from '../grid.js';

export interface PromptScoresAttrs {
  /** What cosines are multiplied by before the softmax. */
  readonly temperature: number;
}

const kernel = kernelOf('prompt_scores', shader);

function sizesOf(inputs: readonly ValueType[]): { rows: number; prompts: number; distractors: number } {
  const [logits, rivals] = [asTensor(inputs[0]), asTensor(inputs[1])];
  const [prompts = 0, distractors = 0] = rivals.shape;
  if (logits.shape.length !== 2 || rivals.shape.length !== 2 || channelsOf(logits) !== prompts + distractors)
    throw invalidGraph(
      `promptScores of [${logits.shape.join(', ')}] with rivals [${rivals.shape.join(', ')}]`,
      '[rows, prompts + distractors] and [prompts, distractors]',
    );
  return { rows: rowsOf(logits), prompts, distractors };
}

export const promptScoresOp: Op<PromptScoresAttrs> = {
  name: 'promptScores',
  infer(inputs) {
    const { rows, prompts } = sizesOf(inputs);
    return [tensor([rows, prompts])];
  },
  variants: () => [{ id: 'lanes', consts: {} }],
  lower({ inputs, outputs, attrs }) {
    const { rows, prompts, distractors } = sizesOf(inputs);
    const [logits, rivals, y] = [asTensor(inputs[0]), asTensor(inputs[1]), asTensor(outputs[0])];
    const outGroups = groupsOf(y);
    const count = rows * outGroups;
    const { stride, workgroups } = gridOf(count, kernel.workgroup[0]);
    return [
      dispatch({
        kernel,
        consts: {},
        uniforms: {
          prompts,
          distractors,
          logitGroups: groupsOf(logits),
          rivalGroups: groupsOf(rivals),
          outGroups,
          count,
          stride,
          temperature: attrs.temperature,
        },
        bindings: [input(0), input(1), output()],
        workgroups,
        macs: rows * prompts * distractors,
        footprint: 'whole',
      }),
    ];
  },
};

/**
 * How probably each row shows what each prompt names: the softmax, at a temperature, of the prompt's cosine against those of
 * distractors, the names that a picture may show instead. Prompts do not compete with one another.
 *
 * @param logits `[rows, prompts + distractors]`: cosines, prompts first
 * @param rivals `[prompts, distractors]`: 1 where the distractor counts, 0 where it is the prompt's own kin
 * @returns `[rows, prompts]`, 0 to 1
 * @throws VitreousError `graph-invalid` for sizes that do not meet
 */
export function promptScores(
  graph: Graph,
  logits: Value,
  rivals: Value,
  attrs: PromptScoresAttrs,
  name: string,
): Value<TensorType> {
  return graph.add(promptScoresOp, [logits, rivals], attrs, name);
}
