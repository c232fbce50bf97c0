import { Fault } from '../fault.js';

const scheme = /^rtsps?:\/\//i;
/** What can stand behind the user's part: a host, perhaps a port, perhaps a path. */
const place = /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?([/?#].*)?$/i;

/** A camera's address, as it may be shown, and as programs take it. */
export interface RtspUrl {
  /** With user and password, percent-encoded. */
  readonly url: string;
  /** Without them. */
  readonly shown: string;
}

/**
 * Reads a camera's URL as people type it: a password may have any characters. By RFC 3986 the user's part ends at the first '/', '?' or '#'; where
 * no host can stand before that, it ends at the last '@' that a host follows.
 *
 * @throws Fault `bad-arguments`.
 */
export function readRtspUrl(name: string, given: string): RtspUrl {
  const [start] = scheme.exec(given) ?? [];
  if (start === undefined) throw new Fault('bad-arguments', `${name}: a camera's URL begins with rtsp:// or rtsps://`);
  const rest = given.slice(start.length);
  const at = userEnd(rest);
  const where = rest.slice(at + 1);
  if (!place.test(where) || !URL.canParse(`${start}${where}`)) {
    const hint = "'/', '?', '#' and '@' of a password can be written as %2F, %3F, %23 and %40";
    throw new Fault('bad-arguments', `${name}: no host can be found in its URL; ${hint}`);
  }
  const shown = `${start}${where}`;
  if (at < 0) return { url: shown, shown };
  const user = rest.slice(0, at);
  const colon = user.indexOf(':');
  const [who, password] = colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)];
  const credentials = password === undefined ? encoded(who) : `${encoded(who)}:${encoded(password)}`;
  return { url: `${start}${credentials}@${where}`, shown };
}

/** Where the '@' behind the user stands; -1: there is no user. */
function userEnd(rest: string): number {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const inside = authority.lastIndexOf('@');
  if (inside >= 0 && place.test(rest.slice(inside + 1))) return inside;
  // A host with its port, or without: all of it is there, and what follows is a path.
  if (inside < 0 && place.test(authority)) return -1;
  for (let at = rest.lastIndexOf('@'); at >= 0; at = rest.lastIndexOf('@', at - 1)) {
    if (place.test(rest.slice(at + 1))) return at;
    if (at === 0) break;
  }
  return -1;
}

/** What is percent-encoded already stays; everything else that is no letter, digit, '-', '.', '_' or '~' becomes so. */
function encoded(text: string): string {
  const part = (plain: string) =>
    encodeURIComponent(plain).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  return text
    .split(/(%[0-9a-f]{2})/i)
    .map((piece, i) => (i % 2 === 1 ? piece : part(piece)))
    .join('');
}
