import { expect, test } from 'vitest';
import { KalmanFilter } from './kalman.js';

test('learns a constant velocity from exact places', () => {
  const filter = new KalmanFilter(0, 1, 100);
  for (let second = 1; second <= 20; second++) {
    filter.predict(1, 1e-6);
    filter.correct(3 * second, 0.01);
  }
  expect(filter.velocity).toBeCloseTo(3, 3);
  expect(filter.ahead(2)).toBeCloseTo(66, 2);
});

test('at rest it becomes the weighted mean of what was measured', () => {
  const filter = new KalmanFilter(10, 2, 0);
  filter.predict(1, 0);
  filter.correct(20, 2);
  // Equal deviations: half way, and surer by the square root of two.
  expect(filter.value).toBeCloseTo(15, 12);
  expect(filter.deviation).toBeCloseTo(Math.SQRT2, 12);
});

test('is less sure the longer it only predicts', () => {
  const filter = new KalmanFilter(0, 1, 1);
  const deviations = [0, 1, 2].map(() => {
    filter.predict(0.5, 1);
    return filter.deviation;
  });
  expect(deviations).toEqual([...deviations].sort((a, b) => a - b));
  expect(deviations[0]).toBeCloseTo(Math.sqrt(1 + 0.25 + 0.125 / 3), 12);
});

test('two steps are one of their length', () => {
  const [once, twice] = [new KalmanFilter(1, 1, 2), new KalmanFilter(1, 1, 2)];
  once.predict(1, 0.7);
  twice.predict(0.4, 0.7);
  twice.predict(0.6, 0.7);
  once.correct(4, 1);
  twice.correct(4, 1);
  expect(twice.value).toBeCloseTo(once.value, 12);
  expect(twice.velocity).toBeCloseTo(once.velocity, 12);
});
