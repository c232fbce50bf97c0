import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { asVitreousError, errorCodes, VitreousError } from './errors.js';

const init = {
  code: 'weights-http',
  stage: 'weights',
  found: 'status 404',
  expected: 'status 200',
  fix: 'Check the URL.',
} as const;

test('a message says what was found, what was expected and what to do', () => {
  expect(new VitreousError(init).message).toBe(
    '[weights-http] weights: found status 404; expected status 200. Check the URL.',
  );
});

test('an error of ours stays itself, another becomes the cause', () => {
  const ours = new VitreousError(init);
  const other = new TypeError('oops');
  expect(asVitreousError(ours, { ...init, code: 'stage-failed' })).toBe(ours);
  expect(asVitreousError(other, { ...init, code: 'stage-failed' })).toMatchObject({
    code: 'stage-failed',
    cause: other,
  });
});

test('docs/errors.md explains every code, and no other', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => code);
  expect(documented.toSorted()).toEqual([...errorCodes].toSorted());
});
