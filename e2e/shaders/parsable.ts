/** The names that every kernel gets from its precision. On the first line, so that line numbers stay. */
const aliases = 'alias real = f32; alias real4 = vec4<f32>; ';

/** A shader as wgsl_reflect parses it: words that it takes for keywords, and WGSL does not, get another name of the same length. */
export const parsable = (source: string): string =>
  aliases + source.replace(/(?<!<)\bworkgroup\b/g, 'workgr0up').replace(/\bblock\b/g, 'bl0ck');
