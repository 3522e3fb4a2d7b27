/** What can compute the products and decompositions behind a similarity. */
export const linearAlgebras = ['plain', 'openblas'] as const;

/** Which linear algebra computes similarities. None of it is part of a task: whoever runs a task decides. */
export interface LinearAlgebraSettings {
  name: (typeof linearAlgebras)[number];
  /** File of OpenBLAS; looked for under its usual names when left out. */
  library?: string;
}

/** The one that needs nothing more, and gives the same bytes on every machine. */
export const plainLinearAlgebra: LinearAlgebraSettings = { name: 'plain' };
