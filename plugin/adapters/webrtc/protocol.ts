import { VitreousError } from '../../index.js';

/** How media over WebRTC is agreed on by HTTP: to us (WHEP, draft-ietf-wish-whep-03) or from us (WHIP, RFC 9725). */
export type Protocol = 'whep' | 'whip';

/** Of errors' codes: what went wrong. */
type Failure = 'http' | 'network' | 'answer' | 'lost';

/** What went wrong between a page and a server. */
export function connectionError(
  protocol: Protocol,
  failure: Failure,
  what: { readonly found: string; readonly expected: string; readonly fix: string; readonly cause?: unknown },
): VitreousError {
  return new VitreousError({
    code: `${protocol}-${failure}`,
    stage: protocol === 'whep' ? 'source' : 'present',
    ...what,
  });
}
