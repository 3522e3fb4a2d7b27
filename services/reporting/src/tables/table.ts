export type Cell = string | number | null;

/** A table as it is given away: numbers in full, nothing rounded. */
export interface Table {
  /** Of its file. */
  name: string;
  columns: string[];
  rows: Cell[][];
}

/** RFC 4180, with line feeds; null is an empty field. */
export function toCsv({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

function field(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
