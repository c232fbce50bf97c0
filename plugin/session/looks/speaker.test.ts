import { expect, test } from 'vitest';
import { Speaker } from './speaker.js';

test('says what is there once it has been there for a second, and not again', () => {
  const speaker = new Speaker();
  expect(speaker.see(['dog'], 0)).toBeUndefined();
  expect(speaker.see(['dog', 'cat', 'dog'], 500)).toBeUndefined();
  expect(speaker.see(['dog', 'dog', 'cat'], 1499)).toBeUndefined();
  expect(speaker.see(['dog', 'dog', 'cat'], 1500)).toBe('cat, dog: 2');
  expect(speaker.see(['dog', 'dog', 'cat'], 9000)).toBeUndefined();
});

test('what flickers is not said', () => {
  const speaker = new Speaker();
  for (let ms = 0; ms < 10_000; ms += 500) expect(speaker.see(ms % 1000 ? ['dog'] : [], ms)).toBeUndefined();
});

test('changes wait until three seconds have passed; the end is said too', () => {
  const speaker = new Speaker();
  speaker.see(['dog'], 0);
  expect(speaker.see(['dog'], 1000)).toBe('dog');
  speaker.see([], 1100);
  expect(speaker.see([], 2200)).toBeUndefined();
  expect(speaker.see([], 4000)).toBe('gone: dog');
});

test('tells when it is due, for a look that no other follows', () => {
  const speaker = new Speaker();
  expect(speaker.dueMs).toBeUndefined();
  speaker.see(['dog'], 200);
  expect(speaker.dueMs).toBe(1200);
  expect(speaker.see(['dog'], 1200)).toBe('dog');
  expect(speaker.dueMs).toBeUndefined();
  speaker.see(['cat'], 1300);
  expect(speaker.dueMs).toBe(4200);
});
