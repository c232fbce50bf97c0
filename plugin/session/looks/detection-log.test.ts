import { expect, test } from 'vitest';
import { DetectionLog } from './detection-log.js';

const size = { width: 640, height: 360 };
const dog = { prompt: 'dog', score: 0.91234, trackId: 3, box: { x: 10.123, y: 20, width: 30, height: 40 } };

/** Cues as a reader sees them. */
function cues(vtt: string): { times: string; payload: unknown }[] {
  const [head, ...blocks] = vtt.trimEnd().split('\n\n');
  expect(head).toBe('WEBVTT');
  return blocks.map((block) => {
    const [times = '', payload = ''] = block.split('\n');
    return { times, payload: JSON.parse(payload) };
  });
}

test('a look that found something is a cue until the next look', () => {
  const log = new DetectionLog();
  log.add({ timestampUs: 3_661_500_000, size, detections: [dog] });
  log.add({ timestampUs: 3_662_000_000, size, detections: [] });
  expect(cues(log.toVtt())).toEqual([
    {
      times: '01:01:01.500 --> 01:01:02.000',
      payload: {
        width: 640,
        height: 360,
        detections: [{ prompt: 'dog', score: 0.912, trackId: 3, x: 10.12, y: 20, width: 30, height: 40 }],
      },
    },
  ]);
});

test('is sorted by media time; a second look at a frame counts; the last one stands for two seconds', () => {
  const log = new DetectionLog();
  log.add({ timestampUs: 2e6, size, detections: [dog] });
  log.add({ timestampUs: 1e6, size, detections: [dog] });
  log.add({ timestampUs: 2e6, size, detections: [{ ...dog, trackId: 4 }] });
  expect(cues(log.toVtt()).map(({ times }) => times)).toEqual([
    '00:00:01.000 --> 00:00:02.000',
    '00:00:02.000 --> 00:00:04.000',
  ]);
  expect(log.toVtt()).toContain('"trackId":4');
});

test('no prompt can end its cue or become markup', () => {
  const log = new DetectionLog();
  const prompt = 'a --> b & <b>\n\nNOTE\u2028';
  log.add({ timestampUs: 0, size, detections: [{ ...dog, prompt }] });
  const vtt = log.toVtt();
  expect(vtt.match(/-->/g)).toHaveLength(1);
  expect(vtt).not.toContain('<');
  expect(cues(vtt)[0]?.payload).toMatchObject({ detections: [{ prompt }] });
});

test('without looks there is an empty file', () => {
  expect(new DetectionLog().toVtt()).toBe('WEBVTT\n');
});
