/** Codes of what the gateway can say went wrong; `docs/live.md` has what mends each. */
export type FaultCode =
  | 'bad-arguments'
  | 'ffmpeg-missing'
  | 'port-taken'
  | 'key-required'
  | 'werift-missing'
  | 'source-unreadable'
  | 'source-unsupported';

/** Something that the user of the gateway can mend. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(`[${code}] ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
