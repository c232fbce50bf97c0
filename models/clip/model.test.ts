import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fileFolder } from '../../plugin/detect/hub/file-folder.js';
import { compile } from '../../plugin/engine/plan/compile.js';
import { testCaps } from '../../plugin/engine/testing/caps.js';
import { packAll } from '../../plugin/engine/testing/packed.js';
import { type RawTensor, safetensorsBytes } from '../../plugin/engine/testing/safetensors-bytes.js';
import { codeRejectedBy, codeThrownBy } from '../../plugin/engine/testing/thrown.js';
import { SafetensorsFile } from '../../plugin/engine/weights/safetensors.js';
import { ClipModel, endOfText } from './index.js';

const read = (name: string): Buffer => readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const weights = new SafetensorsFile(new Uint8Array(read('quick/model.safetensors')));
const tensors: Readonly<Record<string, RawTensor>> = Object.fromEntries(
  [...weights.entries].map(([name, { dtype, shape }]) => [name, { dtype, shape, bytes: weights.bytes(name) }]),
);
const config = JSON.parse(read('quick/config.json').toString()) as Record<string, Record<string, unknown>>;
const tokenizer = gunzipSync(read('tokenizer.json.gz')).toString();

type Contents = Readonly<Record<string, string | Uint8Array>>;

const fine: Contents = {
  'config.json': JSON.stringify(config),
  'model.safetensors': safetensorsBytes(tensors),
  'tokenizer.json': tokenizer,
};

const folderOf = (contents: Contents) =>
  fileFolder(Object.entries(contents).map(([name, content]) => new File([content as BlobPart], name))); // A view on its own buffer.

const without = (name: string): Contents => Object.fromEntries(Object.entries(fine).filter(([key]) => key !== name));

/** Opens a model and packs what a plan of its text tower needs. */
async function packText(contents: Contents): Promise<number> {
  const model = await ClipModel.open(folderOf(contents));
  const tower = await model.loadText();
  const plan = compile(tower.graph(1, 8), { caps: testCaps(), precision: 'f32' });
  for (const packed of plan.weights) packAll(packed, tower.weights);
  return plan.weights.length;
}

describe('ClipModel', () => {
  it('reads its files, whole or in shards', async () => {
    const [first, second] = [Object.entries(tensors).slice(0, 20), Object.entries(tensors).slice(20)];
    const map = Object.fromEntries(
      [first, second].flatMap((part, i) => part.map(([name]) => [name, `model-${i}.safetensors`])),
    );
    const shards: Contents = {
      ...without('model.safetensors'),
      'model.safetensors.index.json': JSON.stringify({ weight_map: map }),
      'model-0.safetensors': safetensorsBytes(Object.fromEntries(first)),
      'model-1.safetensors': safetensorsBytes(Object.fromEntries(second)),
    };
    expect(await packText(fine)).toBeGreaterThan(10);
    expect(await packText(shards)).toBe(await packText(fine));
    const { 'model-1.safetensors': _gone, ...missing } = shards;
    expect(await codeRejectedBy(packText(missing))).toBe('weights-missing');
    const elsewhere = { ...shards, 'model.safetensors.index.json': '{"weight_map":{"a":"../model.safetensors"}}' };
    expect(await codeRejectedBy(packText(elsewhere))).toBe('weights-format');
  });

  it.each<[string, Contents, string]>([
    ['no config', without('config.json'), 'model-unknown'],
    ['a config that is no JSON', { ...fine, 'config.json': '{' }, 'manifest-format'],
    ['another architecture', { ...fine, 'config.json': '{"model_type":"siglip"}' }, 'model-unknown'],
    ['no weights', without('model.safetensors'), 'weights-missing'],
    [
      'weights cut short',
      { ...fine, 'model.safetensors': (fine['model.safetensors'] as Uint8Array).subarray(0, 90_000) },
      'weights-truncated',
    ],
    ['weights that are a web page', { ...fine, 'model.safetensors': '<!doctype html>'.repeat(40) }, 'weights-format'],
    ['no tokenizer', without('tokenizer.json'), 'tokenizer-format'],
    ['a vocabulary without merges', { ...without('tokenizer.json'), 'vocab.json': '{"a":1}' }, 'tokenizer-format'],
    ['a tokenizer that is no JSON', { ...fine, 'tokenizer.json': 'hello' }, 'manifest-format'],
  ])('refuses %s', async (_name, contents, code) => {
    expect(await codeRejectedBy(packText(contents))).toBe(code);
  });

  it('refuses a tensor that is missing, of another shape, or not finite', async () => {
    const name = 'text_model.encoder.layers.1.mlp.fc2.bias';
    const { [name]: bias, ...rest } = tensors;
    if (!bias) throw new Error(`no ${name}`);
    const of = (changed: Readonly<Record<string, RawTensor>>): Contents => ({
      ...fine,
      'model.safetensors': safetensorsBytes(changed),
    });
    expect(await codeRejectedBy(packText(of(rest)))).toBe('weights-missing');
    const shorter = { ...bias, shape: [bias.shape[0] ?? 0, 1] };
    expect(await codeRejectedBy(packText(of({ ...rest, [name]: shorter })))).toBe('weights-shape');
    const bytes = bias.bytes.slice();
    new DataView(bytes.buffer).setUint16(6, 0x7e00, true); // An f16 NaN.
    expect(await codeRejectedBy(packText(of({ ...rest, [name]: { ...bias, bytes } })))).toBe('weights-not-finite');
  });

  it.each<[string, string, string, unknown]>([
    ['a width that is no number', 'text_config', 'hidden_size', '512'],
    ['no layers', 'vision_config', 'num_hidden_layers', 0],
    ['heads that do not divide the width', 'vision_config', 'num_attention_heads', 7],
    ['an unknown activation', 'text_config', 'hidden_act', 'mish'],
    ['an epsilon of zero', 'text_config', 'layer_norm_eps', 0],
    ['a patch larger than the picture', 'vision_config', 'patch_size', 64],
  ])('refuses a config with %s', async (_name, part, field, value) => {
    const changed = { ...config, [part]: { ...config[part], [field]: value } };
    expect(await codeRejectedBy(packText({ ...fine, 'config.json': JSON.stringify(changed) }))).toBe('manifest-field');
  });

  it('refuses weights of another width than its config says', async () => {
    const changed = { ...config, text_config: { ...config.text_config, hidden_size: 64 } };
    expect(await codeRejectedBy(packText({ ...fine, 'config.json': JSON.stringify(changed) }))).toBe('weights-shape');
  });

  it("gives the signal's reason", async () => {
    const model = await ClipModel.open(folderOf(fine));
    const reason = new Error('enough');
    await expect(model.loadText({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('endOfText', () => {
  it('is the first end, or in configs that say 2 the highest id', () => {
    expect(endOfText([90, 3, 95, 95], 95)).toBe(2);
    expect(endOfText([90, 3, 95, 7], 2)).toBe(2);
    expect(endOfText([90, 3, 4], 95)).toBe(0);
  });

  it('is found where a text was cut to its length', async () => {
    const model = await ClipModel.open(folderOf(fine));
    const tower = await model.loadText();
    const ids = tower.encode('dog '.repeat(100));
    expect(ids).toHaveLength(77);
    expect(tower.endOf(ids)).toBe(76);
    expect(codeThrownBy(() => model.textGraph(1, 78))).toBe('graph-invalid');
  });
});
