declare module '*/bilinear.wgsl' {
  const source: string;
  export default source;
}

declare module '*/read-back.wgsl' {
  const source: string;
  export default source;
}
