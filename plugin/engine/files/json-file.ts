import { VitreousError } from '../../core/errors.js';
import type { ModelFolder } from './byte-source.js';

/**
 * A JSON file of a model's folder, parsed; undefined where there is none of that name.
 *
 * @throws VitreousError `manifest-format` for what is no JSON, and as {@link ModelFolder.text}; the signal's reason.
 */
export async function readJsonFile(folder: ModelFolder, name: string, signal?: AbortSignal): Promise<unknown> {
  const text = await folder.text(name, signal);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VitreousError({
      code: 'manifest-format',
      stage: 'model',
      found: `${folder.where}: ${name} that is no JSON`,
      expected: "the model's own file",
      fix: 'Fetch the file again.',
      cause,
    });
  }
}
