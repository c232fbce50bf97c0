import type * as player from 'video.js/dist/types/player.js';

/**
 * What a module exports by default. video.js is no ES module: compilers that go by Node's rules see its `default` inside another.
 */
type DefaultOf<M> = M extends { readonly default: { readonly default: infer Inner } }
  ? Inner
  : M extends { readonly default: infer Outer }
    ? Outer
    : never;

type PlayerClass = DefaultOf<typeof player>;

/** A player of Video.js. */
export type Player = PlayerClass extends abstract new (...given: never) => infer P ? P : never;
