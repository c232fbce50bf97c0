import type { Rect } from '../core/geometry.js';
import { KalmanFilter } from './kalman.js';

// Shares of the box's size, so that near and far things are treated alike.
/** A detector's box is off by so much, standard deviation. */
const measuredDeviation = 0.06;
/** Speed of a thing first seen, sizes a second. */
const unknownSpeed = 1.5;
/** Things change their speed by about so much in a second, sizes a second. */
const agility = 1;
// Sizes are logarithms: a box that shrinks stays a box.
const unknownGrowth = 0.3;
const growthAgility = 0.2;
const measuredSizeDeviation = 0.08;
/** A prediction further ahead is none: the speed is followed for so long and no longer, seconds. */
const longestLead = 1.2;

/** A box in motion: centre and size, each at a constant velocity with disturbances. */
export class BoxMotion {
  readonly #x: KalmanFilter;
  readonly #y: KalmanFilter;
  readonly #logWidth: KalmanFilter;
  readonly #logHeight: KalmanFilter;

  private constructor(x: KalmanFilter, y: KalmanFilter, logWidth: KalmanFilter, logHeight: KalmanFilter) {
    this.#x = x;
    this.#y = y;
    this.#logWidth = logWidth;
    this.#logHeight = logHeight;
  }

  static at(box: Rect): BoxMotion {
    const { x, y, width, height } = box;
    return new BoxMotion(
      new KalmanFilter(x + width / 2, measuredDeviation * width, unknownSpeed * width),
      new KalmanFilter(y + height / 2, measuredDeviation * height, unknownSpeed * height),
      new KalmanFilter(Math.log(width), measuredSizeDeviation, unknownGrowth),
      new KalmanFilter(Math.log(height), measuredSizeDeviation, unknownGrowth),
    );
  }

  /** The box so many seconds from now (before now: negative). */
  ahead(seconds: number): Rect {
    const lead = Math.max(-longestLead, Math.min(longestLead, seconds));
    const width = Math.exp(this.#logWidth.ahead(lead));
    const height = Math.exp(this.#logHeight.ahead(lead));
    return { x: this.#x.ahead(lead) - width / 2, y: this.#y.ahead(lead) - height / 2, width, height };
  }

  predict(seconds: number): void {
    const [width, height] = [Math.exp(this.#logWidth.value), Math.exp(this.#logHeight.value)];
    this.#x.predict(seconds, (agility * width) ** 2);
    this.#y.predict(seconds, (agility * height) ** 2);
    this.#logWidth.predict(seconds, growthAgility ** 2);
    this.#logHeight.predict(seconds, growthAgility ** 2);
  }

  /** `doubt`: how many times the usual deviation this measurement has. */
  correct({ x, y, width, height }: Rect, doubt = 1): void {
    this.#x.correct(x + width / 2, doubt * measuredDeviation * width);
    this.#y.correct(y + height / 2, doubt * measuredDeviation * height);
    this.#logWidth.correct(Math.log(width), doubt * measuredSizeDeviation);
    this.#logHeight.correct(Math.log(height), doubt * measuredSizeDeviation);
  }

  copy(): BoxMotion {
    return new BoxMotion(this.#x.copy(), this.#y.copy(), this.#logWidth.copy(), this.#logHeight.copy());
  }
}
