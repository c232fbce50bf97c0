/**
 * A constant-velocity Kalman filter of one coordinate (Kalman 1960; white-noise acceleration, Bar-Shalom et al. 2001 §6.2.2). The unit
 * is the caller's; time is in seconds.
 */
export class KalmanFilter {
  value: number;
  /** Units a second. */
  velocity = 0;
  // Covariance, symmetric: of the value, of both, of the velocity.
  #p00: number;
  #p01 = 0;
  #p11: number;

  /** The standard deviations of the first value, and of a velocity nobody knows yet. */
  constructor(value: number, valueDeviation: number, velocityDeviation: number) {
    this.value = value;
    this.#p00 = valueDeviation ** 2;
    this.#p11 = velocityDeviation ** 2;
  }

  /** Where it will be, without moving on. */
  ahead(seconds: number): number {
    return this.value + this.velocity * seconds;
  }

  /** Standard deviation of the value. */
  get deviation(): number {
    return Math.sqrt(this.#p00);
  }

  /** Moves on. `acceleration`: spectral density of the disturbance, units² a second³. */
  predict(seconds: number, acceleration: number): void {
    this.value += this.velocity * seconds;
    this.#p00 += seconds * (2 * this.#p01 + seconds * this.#p11) + (acceleration * seconds ** 3) / 3;
    this.#p01 += seconds * this.#p11 + (acceleration * seconds ** 2) / 2;
    this.#p11 += acceleration * seconds;
  }

  /** Takes a measurement of this standard deviation. */
  correct(measured: number, deviation: number): void {
    const spread = this.#p00 + deviation ** 2;
    const [gain, velocityGain] = [this.#p00 / spread, this.#p01 / spread];
    const surprise = measured - this.value;
    this.value += gain * surprise;
    this.velocity += velocityGain * surprise;
    this.#p11 -= velocityGain * this.#p01;
    this.#p01 *= 1 - gain;
    this.#p00 *= 1 - gain;
  }

  copy(): KalmanFilter {
    const copy = new KalmanFilter(this.value, 0, 0);
    copy.velocity = this.velocity;
    copy.#p00 = this.#p00;
    copy.#p01 = this.#p01;
    copy.#p11 = this.#p11;
    return copy;
  }
}
