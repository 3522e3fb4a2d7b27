/**
 * Probability that a variable of Student's t distribution is farther from 0 than |t|.
 *
 * @param df degrees of freedom, > 0
 */
export function studentTwoSided(t: number, df: number): number {
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

/**
 * The t beyond which, on both sides together, a share of Student's distribution lies: 2.776 for 0.05 and 4
 * degrees of freedom.
 *
 * @throws RangeError unless twoSided is in (0, 1) and df > 0
 */
export function studentCritical(twoSided: number, df: number): number {
  if (!(twoSided > 0 && twoSided < 1 && df > 0)) {
    throw new RangeError(`Student's t: expected a share in (0, 1) and df > 0, found ${twoSided} and ${df}`);
  }
  return bisect((t) => studentTwoSided(t, df) > twoSided);
}

/**
 * The value below which a share of the standard normal distribution lies.
 *
 * @throws RangeError unless share is in (0, 1)
 */
export function normalQuantile(share: number): number {
  if (!(share > 0 && share < 1))
    throw new RangeError(`normalQuantile: expected a share in (0, 1), found ${share}`);
  if (share < 0.5) return -normalQuantile(1 - share);
  return bisect((z) => normalBelow(z) < share);
}

/** Φ(z) for z >= 0, as ½ + φ(z)(z + z³/3 + z⁵/15 + …); Marsaglia 2004, J. Stat. Softw. 11(4). */
function normalBelow(z: number): number {
  let term = z;
  let sum = 0;
  for (let k = 1; sum + term !== sum; k += 2) {
    sum += term;
    term *= (z * z) / (k + 2);
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The positive number at which `below` turns false, to the last bit. */
function bisect(below: (x: number) => boolean): number {
  let [low, high] = [0, 1];
  while (below(high)) [low, high] = [high, 2 * high];
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) return middle;
    if (below(middle)) low = middle;
    else high = middle;
  }
}

/** Regularised incomplete beta Iₓ(a, b), by the continued fraction where it converges fast. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const factor = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (factor * betaFraction(x, a, b)) / a
    : 1 - (factor * betaFraction(1 - x, b, a)) / b;
}

/** Lentz's evaluation; Abramowitz and Stegun 26.5.8. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) return fraction;
  }
  throw new Error(`incompleteBeta(${x}, ${a}, ${b}) did not converge`);
}

const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188];

/** ln Γ(x), x > 0: Stirling's series from 15 up, the recurrence below. */
function logGamma(x: number): number {
  let shift = 1;
  let z = x;
  while (z < 15) shift *= z++;
  const series = stirling.reduce((sum, coefficient, k) => sum + coefficient / z ** (2 * k + 1), 0);
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - Math.log(shift);
}
