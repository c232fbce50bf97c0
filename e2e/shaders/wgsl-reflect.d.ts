// The package's types are those of its main file, which Node can't load as the module that it is said to be; this file of it Node can.
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
