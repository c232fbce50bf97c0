import type { Size } from '../../core/geometry.js';
import type { TrackedDetection } from '../api/detections.js';

interface Entry {
  readonly timestampUs: number;
  readonly size: Size;
  readonly detections: readonly TrackedDetection[];
}

/** Three hours at eight looks a second; older ones are dropped. */
const mostEntries = 86_400;
/** A look stands for no longer than this, seconds: after it nobody knows. */
const longestSeconds = 2;

/** What a session's looks found, as WebVTT metadata. */
export class DetectionLog {
  /** By media time, so that a second look at the same frame takes the place of the first. */
  readonly #entries = new Map<number, Entry>();

  add(entry: Entry): void {
    this.#entries.delete(entry.timestampUs);
    this.#entries.set(entry.timestampUs, entry);
    if (this.#entries.size <= mostEntries) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  clear(): void {
    this.#entries.clear();
  }

  /**
   * A WebVTT file (W3C, WebVTT §4): for each look that found something a cue, from its frame's time to the next look's. The payload is
   * one line of JSON: `{"width","height","detections":[{"prompt","score","trackId","x","y","width","height"}]}`, boxes in pixels of a
   * frame of that width and height.
   */
  toVtt(): string {
    const sorted = [...this.#entries.values()].sort((a, b) => a.timestampUs - b.timestampUs);
    const cues = sorted.flatMap((entry, i) => {
      if (entry.detections.length === 0) return [];
      const next = sorted[i + 1]?.timestampUs ?? Number.POSITIVE_INFINITY;
      const end = Math.min(next, entry.timestampUs + longestSeconds * 1e6);
      return [`${stamp(entry.timestampUs)} --> ${stamp(end)}\n${payload(entry)}\n`];
    });
    return ['WEBVTT\n', ...cues].join('\n');
  }
}

function payload({ size, detections }: Entry): string {
  const rounded = (value: number) => Math.round(value * 100) / 100;
  const json = JSON.stringify({
    width: size.width,
    height: size.height,
    detections: detections.map(({ prompt, score, trackId, box }) => ({
      prompt,
      score: Math.round(score * 1000) / 1000,
      trackId,
      x: rounded(box.x),
      y: rounded(box.y),
      width: rounded(box.width),
      height: rounded(box.height),
    })),
  });
  // `-->` ends a cue, and a parser of cue text would take `&` and `<` for markup (WebVTT §4.2): as escapes JSON allows them anywhere.
  return json.replace(
    /[&<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `hh:mm:ss.ttt` */
function stamp(timeUs: number): string {
  const ms = Math.max(0, Math.round(timeUs / 1000));
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}
