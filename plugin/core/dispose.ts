/**
 * `Symbol.dispose`, also where the runtime does not have it yet. Not a global polyfill: the package has no side effects, so a
 * page without the symbol disposes by the named method instead.
 */
export const disposeSymbol: typeof Symbol.dispose =
  // The symbol is absent at run time in browsers that predate explicit resource management.
  (Symbol.dispose as typeof Symbol.dispose | undefined) ??
  (Symbol.for('Symbol.dispose') as unknown as typeof Symbol.dispose);

/** What holds GPU memory, frames or listeners. Disposal is idempotent. */
export interface DisposableResource {
  dispose(): void;
}
