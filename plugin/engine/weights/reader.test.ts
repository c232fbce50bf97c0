import { expect, test } from 'vitest';
import { toFloat16 } from './float16.js';
import { expertReader, floatReader, halfReader } from './reader.js';
import type { WeightSource } from './source.js';

const steps = Int8Array.of(1, -2, 3, -4, 5, -6);
const scaled: WeightSource = {
  get: () => Float32Array.of(0.5, -1, 1.5, -8, 10, -12),
  stored: () => ({ dtype: 'I8', bytes: new Uint8Array(steps.buffer), scales: Float32Array.of(0.5, 2) }),
};

test('a range of steps is scaled by the rows that it is in', () => {
  const from = floatReader(scaled);
  expect([...from.get('w', [2, 3])]).toEqual([0.5, -1, 1.5, -8, 10, -12]);
  expect([...from.range('w', [2, 3], 2, 5)]).toEqual([1.5, -8, 10]);
  expect([...halfReader(scaled).range('w', [2, 3], 2, 5)]).toEqual([...toFloat16(Float32Array.of(1.5, -8, 10))]);
});

test('what is computed is read as what is stored', () => {
  const computed: WeightSource = { get: scaled.get };
  for (const reader of [floatReader, halfReader])
    expect([...reader(computed).range('w', [2, 3], 1, 4)]).toEqual([...reader(scaled).range('w', [2, 3], 1, 4)]);
});

test('an expert is its part of the tensor of all', () => {
  const from = expertReader(floatReader(scaled), { index: 1, count: 2 });
  expect([...from.get('w', [3])]).toEqual([-8, 10, -12]);
  expect([...from.range('w', [3], 1, 2)]).toEqual([10]);
  expect([...from.filled(2, 7)]).toEqual([7, 7]);
});
