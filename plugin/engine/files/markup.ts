/**
 * What a server that answers anything with a page of its own has sent instead of a file: `HTML`, or `XML` as object stores do. A safetensors
 * file begins with the length of its header in 8 bytes, the last of which are 0, and JSON with another sign.
 *
 * @param start the file's first bytes; 16 tell enough
 */
export function markupIn(start: Uint8Array): 'HTML' | 'XML' | undefined {
  const head = start.subarray(0, 1024);
  if (head.subarray(0, 8).includes(0)) return undefined;
  const text = new TextDecoder().decode(head).trimStart();
  if (/^<\?xml\b(?![\s\S]*<html\b)/i.test(text)) return 'XML';
  return /^<(?:!doctype|!--|\?xml|[a-z])/i.test(text) ? 'HTML' : undefined;
}

/** As {@link markupIn}, of a file read as text. */
export function markupOf(text: string): 'HTML' | 'XML' | undefined {
  return markupIn(new TextEncoder().encode(text.slice(0, 1024)));
}
