// NTP's timestamps (RFC 5905 §6): seconds since 1900 in 32 bits, and their fraction in 32 more.

const epochMs = Date.UTC(1900, 0, 1);

export function ntpOf(unixMs: number): bigint {
  const ms = unixMs - epochMs;
  const seconds = Math.floor(ms / 1000);
  return (BigInt(seconds) << 32n) | BigInt(Math.floor(((ms - seconds * 1000) / 1000) * 2 ** 32));
}

export function unixMsOf(ntp: bigint): number {
  return (Number(ntp >> 32n) + Number(ntp & 0xffff_ffffn) / 2 ** 32) * 1000 + epochMs;
}
