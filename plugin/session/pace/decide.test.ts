import { expect, test } from 'vitest';
import { VitreousError } from '../../core/errors.js';
import { decide, type FrameConditions } from './decide.js';

const error = new VitreousError({ code: 'drm', stage: 'source', found: 'a', expected: 'b', fix: 'c' });
const verdict = { error, recovering: true, source: false };
const fine: FrameConditions = { verdict: undefined, connected: true, standing: 'ready', behind: false };

test.each<[string, Partial<FrameConditions>, string]>([
  ['everything stands', {}, 'draw'],
  ['the former network stands', { standing: 'usable' }, 'draw'],
  ['the queue is full', { behind: true }, 'wait for queue'],
  ['the queue is full, with the former network', { standing: 'usable', behind: true }, 'wait for queue'],
  ['nothing of this size stands', { standing: 'pending' }, 'wait for preparation'],
  ['a full queue is no matter before something stands', { standing: 'pending', behind: true }, 'wait for preparation'],
  ['what is wanted can not be had', { standing: 'failed' }, 'wait for preparation'],
  ['between two devices', { connected: false, standing: undefined }, 'wait for device'],
  ['something speaks against it', { verdict }, 'native'],
  ['it counts more than all else', { verdict, connected: false, standing: undefined, behind: true }, 'native'],
])('%s', (_case, change, what) => {
  const decision = decide({ ...fine, ...change });
  expect(decision.do === 'wait' ? `wait for ${decision.for}` : decision.do).toBe(what);
});

test('a frame is drawn exactly where nothing speaks against it, something stands and the queue has room', () => {
  for (const against of [undefined, verdict])
    for (const connected of [true, false])
      for (const standing of ['ready', 'usable', 'pending', 'failed', undefined] as const)
        for (const behind of [true, false]) {
          const stands = connected && (standing === 'ready' || standing === 'usable');
          const drawn = decide({ verdict: against, connected, standing, behind }).do === 'draw';
          expect(drawn).toBe(!against && stands && !behind);
        }
});
