// Writes the types of all shader files: `npm run shaders`.
import { writeFileSync } from 'node:fs';
import { declareShaders } from './declare.js';
import { declarationsPath, shaderFiles } from './files.js';

export function main(): number {
  writeFileSync(declarationsPath, declareShaders(shaderFiles()));
  return 0;
}
