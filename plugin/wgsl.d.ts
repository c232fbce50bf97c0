/** A shader is imported as its text; see the loader in vite.config.ts. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}

declare module '*.glsl' {
  const source: string;
  export default source;
}
