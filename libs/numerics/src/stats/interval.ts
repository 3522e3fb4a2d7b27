/** Two ends that hold the true value with the confidence that was asked for. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}
