// The types of all shader files: `plugin/wgsl.d.ts`.
import type { UniformField } from '../../plugin/gpu/shader.js';
import { describeShader } from './describe.js';

const pair = (count: number, of: string): string => `readonly [${Array(count).fill(of).join(', ')}]`;

function typeOf(field: UniformField): string {
  const [, kind, , count] = field;
  if (typeof kind !== 'string')
    return (count ?? 0) > 4 ? `readonly ${structOf(kind)}[]` : pair(count ?? 0, structOf(kind));
  // A number of a plan may change between frames: only a float can be one.
  const number = kind === 'f' ? 'Real' : 'number';
  if (count === undefined) return number;
  return count > 4 ? `readonly ${number}[]` : pair(count, number);
}

const memberOf = (field: UniformField): string => `readonly ${field[0]}: ${typeOf(field)}`;

const structOf = (fields: readonly UniformField[]): string => `{ ${fields.map(memberOf).join('; ')} }`;

/** @param files sources by their paths below shaders/, with `/` */
export function declareShaders(files: Readonly<Record<string, string>>): string {
  const modules = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, source]) => {
      const { uniforms } = describeShader(source);
      return [
        `declare module '*/shaders/${path}' {`,
        '  const source: string;',
        '  export default source;',
        uniforms
          ? `  export const shader: Shader<{\n${uniforms.map((field) => `    ${memberOf(field)};`).join('\n')}\n  }>;`
          : '  export const shader: Shader;',
        '}',
      ].join('\n');
    });
  return `// Made from the shaders by \`npm run shaders\`; a test compares. A shader is imported as its text, and by the name \`shader\` with what the text
// says about itself: see the loader in vite.config.ts.

type Shader<U = unknown> = import('./gpu/shader.js').Shader<U>;
/** A floating-point uniform, or a number of the plan that changes between frames. */
type Real = number | import('./engine/op.js').ParamWord;

${modules.join('\n\n')}

declare module '*.glsl' {
  const source: string;
  export default source;
}
`;
}
