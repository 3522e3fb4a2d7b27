/**
 * Minimal filtering: m × m outputs of a 3 × 3 window that moves by 1, from (m + 2)² products instead of 9 m². With d the
 * (m + 2) × (m + 2) inputs under it and g the kernel,
 *
 *     y = Aᵀ ((G g Gᵀ) ⊙ (Bᵀ d B)) A
 *
 * The matrices evaluate and interpolate polynomials at m + 1 points and at infinity. The points of 4 × 4 are those of
 * which the result comes nearest to the plain sum: with 0, ±1, ±2 it is twice as far.
 *
 * Reference: Winograd 1980, Arithmetic Complexity of Computations, SIAM; Lavin and Gray 2016, CVPR, 4013–4021.
 */
const points = { 2: [0, 1, -1], 4: [0, 1, -1, 0.5, -2] } as const;

/** Outputs of a tile along one side. */
export type TileSide = keyof typeof points;

/** A constant matrix. Those of the same name are the same. */
export interface Matrix {
  name: string;
  rows: readonly (readonly number[])[];
}

/** The constant matrices of a tile, each for both dimensions at once. */
export interface Transforms {
  /** G: positions × 9. */
  kernel: Matrix;
  /** Bᵀ: positions × positions. */
  input: Matrix;
  /** Aᵀ: m² × positions. */
  output: Matrix;
}

/**
 * The transforms of a tile.
 *
 * @param mirrored of a tile turned by 180°: with the transform of a kernel they give the convolution with that kernel
 *   turned, which is the gradient of the input
 */
export function transformsOf(side: TileSide, mirrored = false): Transforms {
  const at: readonly number[] = points[side];
  const others = (point: number) => at.filter((other) => other !== point);
  const weight = (point: number) => others(point).reduce((product, other) => product * (point - other), 1);
  const kernel = [...at.map((x) => powers(x, 3).map((power) => power / weight(x))), [0, 0, 1]];
  const input = [...at.map((x) => [...polynomial(others(x)), 0]), polynomial(at)];
  const output = Array.from({ length: side }, (_, i) => [...at.map((x) => x ** i), i === side - 1 ? 1 : 0]);
  const kind = mirrored ? `mirrored_${side}` : `${side}`;
  return {
    kernel: inTwoDimensions(`kernel_${side}`, kernel),
    input: inTwoDimensions(`input_${kind}`, mirrored ? input.map((row) => row.toReversed()) : input),
    output: inTwoDimensions(`output_${kind}`, mirrored ? output.toReversed() : output),
  };
}

export function transpose({ name, rows }: Matrix): Matrix {
  const columns = rows[0]?.map((_, column) => rows.map((row) => row[column] as number)) ?? [];
  return { name: `${name}_transposed`, rows: columns };
}

function powers(x: number, count: number): number[] {
  return Array.from({ length: count }, (_, power) => x ** power);
}

/** The coefficients of ∏ (x − root), from the constant one up. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce(
    (factors, root) => [0, ...factors].map((shifted, i) => shifted - root * (factors[i] ?? 0)),
    [1],
  );
}

/** The Kronecker product of a matrix with itself. */
function inTwoDimensions(name: string, matrix: Matrix['rows']): Matrix {
  const rows = matrix.flatMap((down) =>
    matrix.map((across) => down.flatMap((vertical) => across.map((horizontal) => vertical * horizontal))),
  );
  return { name, rows };
}
