/** A Vega-Lite specification with its data inline. Vega-Lite's own type is too deep for the compiler to be of help. */
export type Spec = Record<string, unknown>;

/** A figure of the report, drawn by Vega-Lite or by hand. */
export interface Figure {
  /** Of its files. */
  name: string;
  /** For those who cannot see it: what is drawn. */
  title: string;
  drawing: { spec: Spec } | { svg: string };
}
