import { type Tier, tiers } from '../../core/model-source.js';

/** Bandwidth saver: fetch a lower rendition and upscale it where a higher one would have been fetched. */
export interface SaverOptions {
  /** How many times as wide and high a rendition may be upscaled, 1 to 2. Default 2: what the networks do. */
  readonly factor?: number | undefined;
  /** Saves only while this tier or a dearer one runs. Default `S`. */
  readonly minTier?: Tier | undefined;
}

/** What `attachHls` takes. */
export interface AttachHlsOptions {
  /** Default false. */
  readonly saver?: boolean | SaverOptions | undefined;
}

/** The saver's options with every default filled in; undefined: no saver. */
export type SaverSettings = { readonly [K in keyof SaverOptions]-?: Exclude<SaverOptions[K], undefined> };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTier = (value: unknown): value is Tier => tiers.some((tier) => tier === value);

function checkKeys(value: object, name: string, known: readonly string[]): void {
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw new TypeError(`options.${name}${key} is not an option; known are ${known.join(', ')}`);
}

/** @throws TypeError naming the option, what it must be and what it is. */
export function checkAttachOptions(options: AttachHlsOptions): SaverSettings | undefined {
  if (!isObject(options)) throw new TypeError(`options must be an object, got ${String(options)}`);
  checkKeys(options, '', ['saver']);
  const saver: unknown = options.saver;
  if (saver === undefined || saver === false) return undefined;
  const given = saver === true ? {} : saver;
  if (!isObject(given)) throw new TypeError(`options.saver must be a boolean or an object, got ${String(saver)}`);
  checkKeys(given, 'saver.', ['factor', 'minTier']);
  const { factor = 2, minTier = 'S' } = given;
  if (typeof factor !== 'number' || !(factor >= 1 && factor <= 2))
    throw new TypeError(`options.saver.factor must be a number from 1 to 2, got ${String(factor)}`);
  if (!isTier(minTier))
    throw new TypeError(`options.saver.minTier must be ${tiers.join(', ')}, got ${String(minTier)}`);
  return { factor, minTier };
}
