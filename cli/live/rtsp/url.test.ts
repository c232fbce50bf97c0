import { expect, test } from 'vitest';
import { readRtspUrl } from './url.js';

const read = (given: string) => {
  const { url, shown } = readRtspUrl('door', given);
  return [url, shown];
};

test.each([
  ['rtsp://192.0.2.7/stream1', 'rtsp://192.0.2.7/stream1', undefined],
  ['rtsp://user@camera.example:554/a?b=c', 'rtsp://camera.example:554/a?b=c', 'user'],
  ['rtsp://user:pass@192.0.2.7/stream1', 'rtsp://192.0.2.7/stream1', 'user:pass'],
  // An '@' in the path is no user's.
  ['rtsp://192.0.2.7:554/camera@1', 'rtsp://192.0.2.7:554/camera@1', undefined],
  ['rtsp://user:pass@192.0.2.7/camera@1', 'rtsp://192.0.2.7/camera@1', 'user:pass'],
  // As people type them.
  ['rtsp://user:p@ss@192.0.2.7/a', 'rtsp://192.0.2.7/a', 'user:p%40ss'],
  ['rtsp://user:p#s?s/w@192.0.2.7/a', 'rtsp://192.0.2.7/a', 'user:p%23s%3Fs%2Fw'],
  ["rtsp://us er:p:w%d !*()'@[::1]:8554/a", 'rtsp://[::1]:8554/a', 'us%20er:p%3Aw%25d%20%21%2A%28%29%27'],
  ['rtsps://user:пароль@camera/a', 'rtsps://camera/a', 'user:%D0%BF%D0%B0%D1%80%D0%BE%D0%BB%D1%8C'],
  // What is encoded already stays.
  ['rtsp://user:p%40ss%2Fw@192.0.2.7/a', 'rtsp://192.0.2.7/a', 'user:p%40ss%2Fw'],
])('%s', (given, shown, user) => {
  const [start] = /^rtsps?:\/\//.exec(given) ?? [''];
  expect(read(given)).toEqual([user === undefined ? shown : `${start}${user}@${shown.slice(start.length)}`, shown]);
});

test('what has no host is refused, and a password is not repeated', () => {
  for (const given of ['http://x/', 'rtsp://', 'rtsp://user:secret@', 'rtsp:///a', 'rtsp://user:secret/a b'])
    expect(() => readRtspUrl('door', given)).toThrow(/^\[bad-arguments\] door: (?!.*secret)/);
});
