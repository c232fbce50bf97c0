import { VitreousError } from '../../core/errors.js';
import { decodeFloats, headerLength, readHeader, type SafetensorsEntry } from '../weights/safetensors.js';
import { SafetensorsWeights } from '../weights/safetensors-weights.js';
import type { WeightSource } from '../weights/source.js';
import type { ByteSource, ModelFolder } from './byte-source.js';
import type { LoadOptions } from './load.js';

/** Tensors this near to each other in a file are read in one go. */
const gapBytes = 1 << 16;

/** What is read first: most headers fit. */
const firstBytes = 1 << 17;

function fail(
  code: 'weights-missing' | 'weights-format' | 'weights-truncated',
  found: string,
  expected: string,
): VitreousError {
  return new VitreousError({
    code,
    stage: 'weights',
    found,
    expected,
    fix: "Use the files of the model's own folder, whole; nothing of them was used.",
  });
}

interface Shard {
  readonly source: ByteSource;
  /** Where the tensors begin in the file. */
  readonly dataBegin: number;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

async function openShard(source: ByteSource, signal: AbortSignal | undefined): Promise<Shard> {
  const { where, sizeBytes } = source;
  const first = await source.read(0, Math.min(firstBytes, sizeBytes), { signal });
  const dataBegin = 8 + headerLength(first);
  if (dataBegin > sizeBytes)
    throw fail(
      'weights-truncated',
      `${sizeBytes} bytes of ${where}`,
      `a header of ${dataBegin - 8} bytes and the tensors`,
    );
  const start = dataBegin <= first.byteLength ? first : await source.read(0, dataBegin, { signal });
  return { source, dataBegin, entries: readHeader(start.subarray(8, dataBegin), sizeBytes - dataBegin).entries };
}

/** File names by tensor, of a model in several files. */
function shardNames(text: string, where: string): readonly string[] {
  const bad = (found: string) => fail('weights-format', `${where}: ${found}`, 'weight_map: file names by tensor');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad('no JSON');
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map; // Whatever it is, its fields are checked below.
  if (typeof map !== 'object' || map === null) throw bad('no weight_map');
  const names = [...new Set(Object.values(map))];
  // Plain file names: the index points to files beside it, and nowhere else.
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && /^[\w.-]+$/.test(name) && !name.startsWith('.');
  if (names.length === 0 || !names.every(isName)) throw bad('file names with a path');
  return names;
}

interface Run {
  readonly shard: Shard;
  readonly names: string[];
  begin: number;
  end: number;
}

/** The parts of the files that hold these tensors, neighbours together. */
function runsOf(shards: readonly Shard[], wanted: ReadonlySet<string>): readonly Run[] {
  return shards.flatMap((shard) => {
    const runs: Run[] = [];
    const held = [...shard.entries].filter(([name]) => wanted.has(name)).sort(([, a], [, b]) => a.begin - b.begin);
    for (const [name, { begin, end }] of held) {
      const last = runs.at(-1);
      if (last && begin - last.end <= gapBytes) {
        last.names.push(name);
        last.end = end;
      } else runs.push({ shard, names: [name], begin, end });
    }
    return runs;
  });
}

/** Some tensors of the files, in memory. */
class LoadedTensors {
  readonly #tensors: ReadonlyMap<string, { readonly entry: SafetensorsEntry; readonly bytes: Uint8Array }>;

  constructor(tensors: ReadonlyMap<string, { readonly entry: SafetensorsEntry; readonly bytes: Uint8Array }>) {
    this.#tensors = tensors;
  }

  #find(name: string): { readonly entry: SafetensorsEntry; readonly bytes: Uint8Array } {
    const found = this.#tensors.get(name);
    if (!found) throw fail('weights-missing', `no tensor '${name}'`, 'the tensors of the architecture');
    return found;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  entry(name: string): SafetensorsEntry {
    return this.#find(name).entry;
  }

  bytes(name: string): Uint8Array {
    return this.#find(name).bytes;
  }

  floats(name: string): Float32Array {
    const { entry, bytes } = this.#find(name);
    return decodeFloats(entry.dtype, bytes);
  }
}

/** The tensors of a model's folder: shapes at once, numbers when asked for, so that a tower can be loaded without the others. */
export class TensorStore {
  readonly where: string;
  readonly #shards: readonly Shard[];

  private constructor(where: string, shards: readonly Shard[]) {
    this.where = where;
    this.#shards = shards;
  }

  /**
   * Reads the headers of model.safetensors, or of the files that model.safetensors.index.json names.
   *
   * @throws VitreousError `weights-missing`, `weights-format`, `weights-truncated`, `weights-dtype`, `weights-http`,
   * `weights-network`; the signal's reason.
   */
  static async open(folder: ModelFolder, signal?: AbortSignal): Promise<TensorStore> {
    const single = await folder.open('model.safetensors', signal);
    if (single) return new TensorStore(folder.where, [await openShard(single, signal)]);
    const index = await folder.text('model.safetensors.index.json', signal);
    if (index === undefined)
      throw fail('weights-missing', `no model.safetensors in ${folder.where}`, 'it, or model.safetensors.index.json');
    const shards: Shard[] = [];
    for (const name of shardNames(index, `${folder.where}/model.safetensors.index.json`)) {
      const source = await folder.open(name, signal);
      if (!source) throw fail('weights-missing', `no ${name} in ${folder.where}`, 'every file that the index names');
      shards.push(await openShard(source, signal));
    }
    return new TensorStore(folder.where, shards);
  }

  /** A tensor's shape, or undefined where there is none of that name. */
  shapeOf(name: string): readonly number[] | undefined {
    return this.#shards.map(({ entries }) => entries.get(name)?.shape).find((shape) => shape !== undefined);
  }

  /**
   * Loads the tensors that `wanted` chooses by name.
   *
   * @throws VitreousError `weights-http`, `weights-network`, `weights-truncated`, `weights-not-finite`; the signal's reason. What was
   *   loaded throws `weights-missing` and `weights-shape` when it is read.
   */
  async load(wanted: (name: string) => boolean, { signal, onProgress }: LoadOptions = {}): Promise<WeightSource> {
    const names = this.#shards.flatMap(({ entries }) => [...entries.keys()].filter(wanted));
    const runs = runsOf(this.#shards, new Set(names));
    const totalBytes = runs.reduce((bytes, { begin, end }) => bytes + end - begin, 0);
    const tensors = new Map<string, { entry: SafetensorsEntry; bytes: Uint8Array }>();
    let before = 0;
    for (const { shard, begin, end, names: held } of runs) {
      const { source, dataBegin, entries } = shard;
      const bytes = await source.read(dataBegin + begin, dataBegin + end, {
        signal,
        onBytes: (loadedBytes) => onProgress?.({ loadedBytes: before + loadedBytes, totalBytes }),
      });
      signal?.throwIfAborted();
      if (bytes.byteLength !== end - begin)
        throw fail('weights-truncated', `${bytes.byteLength} bytes of ${source.where}`, `${end - begin} bytes`);
      for (const name of held) {
        const entry = entries.get(name);
        if (entry) tensors.set(name, { entry, bytes: bytes.subarray(entry.begin - begin, entry.end - begin) });
      }
      before += end - begin;
    }
    const weights = new SafetensorsWeights(new LoadedTensors(tensors));
    await weights.check(
      Array.from(tensors, ([name, { entry }]) => [name, entry.shape] as const),
      signal,
    );
    return weights;
  }
}
