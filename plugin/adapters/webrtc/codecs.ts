/** Codecs by preference (MIME types, best first), the others after them; each keeps its place among its own. */
export function orderCodecs<C extends { readonly mimeType: string }>(
  codecs: readonly C[],
  preferred: readonly string[],
): C[] {
  const names = preferred.map((name) => name.toLowerCase());
  const rank = ({ mimeType }: C): number => {
    const at = names.indexOf(mimeType.toLowerCase());
    return at < 0 ? names.length : at;
  };
  return codecs.toSorted((a, b) => rank(a) - rank(b));
}
