import { beforeEach } from 'vitest';

// On a driver without f16 (SwiftShader, in `npm run test:long`) what is named after f16 is left out, with the reason. Elsewhere it must run.
if (process.env.VITREOUS_WITHOUT_F16)
  beforeEach(({ task, skip }) => {
    let name = task.name;
    for (let suite = task.suite; suite; suite = suite.suite) name = `${suite.name} ${name}`;
    if (/\bf16\b/.test(name)) skip('the driver has no shader-f16');
  });
