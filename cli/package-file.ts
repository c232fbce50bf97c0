import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where a file of the package is: `models/…` lies in the checkout beside `cli/`, and in the built package beside the folder of the built commands.
 *
 * @throws Error where it is in neither
 */
export function packageFile(path: string): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, path);
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) throw new Error(`the package lacks ${path}: install it again`);
  }
}
