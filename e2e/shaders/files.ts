import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

const folder = join(import.meta.dirname, '../../shaders');

/** Sources of all `.wgsl` files by their paths below shaders/, with `/`. */
export const shaderFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.wgsl'))
      .map((path) => [path.split(sep).join('/'), readFileSync(join(folder, path), 'utf8')]),
  );

export const declarationsPath = join(import.meta.dirname, '../../plugin/wgsl.d.ts');
