import { expect, test } from 'vitest';
import { Announcer } from './announcer.js';

test('says what is there once it has been there for a second, and not again', () => {
  const announcer = new Announcer();
  expect(announcer.see(['dog'], 0)).toBeUndefined();
  expect(announcer.see(['dog', 'cat', 'dog'], 500)).toBeUndefined();
  expect(announcer.see(['dog', 'dog', 'cat'], 1499)).toBeUndefined();
  expect(announcer.see(['dog', 'dog', 'cat'], 1500)).toBe('cat, dog: 2');
  expect(announcer.see(['dog', 'dog', 'cat'], 9000)).toBeUndefined();
});

test('what flickers is not said', () => {
  const announcer = new Announcer();
  for (let ms = 0; ms < 10_000; ms += 500) expect(announcer.see(ms % 1000 ? ['dog'] : [], ms)).toBeUndefined();
});

test('changes wait until three seconds have passed; the end is said too', () => {
  const announcer = new Announcer();
  announcer.see(['dog'], 0);
  expect(announcer.see(['dog'], 1000)).toBe('dog');
  announcer.see([], 1100);
  expect(announcer.see([], 2200)).toBeUndefined();
  expect(announcer.see([], 4000)).toBe('gone: dog');
});

test('tells when it is due, for a look that no other follows', () => {
  const announcer = new Announcer();
  expect(announcer.dueMs).toBeUndefined();
  announcer.see(['dog'], 200);
  expect(announcer.dueMs).toBe(1200);
  expect(announcer.see(['dog'], 1200)).toBe('dog');
  expect(announcer.dueMs).toBeUndefined();
  announcer.see(['cat'], 1300);
  expect(announcer.dueMs).toBe(4200);
});
