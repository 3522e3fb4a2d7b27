import { PlatformError } from '@palimpsest/contracts';

/** One row, by column, and the line of the file on which it begins (the header is line 1). */
export interface CsvRow {
  line: number;
  fields: Map<string, string>;
}

interface Cells {
  line: number;
  cells: string[];
}

/** A quoted field with doubled quotes, or a plain one; then what ends it. */
const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/**
 * Parses CSV as in RFC 4180, with a header; line feeds alone end a line too, blank lines are passed over.
 *
 * @param name what to call the file in an error
 * @throws PlatformError `invalid`, with the line: a stray or open quote, a row that is longer or shorter than the
 *   header, a column that is missing or there twice
 */
export function parseCsv(text: string, name: string, required: readonly string[]): CsvRow[] {
  const [header, ...rows] = [...cellsOf(text, name)].filter(
    ({ cells }) => cells.length > 1 || cells[0] !== '',
  );
  const columns = header?.cells ?? [];
  const missing = required.filter((column) => !columns.includes(column));
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (missing.length > 0 || twice !== undefined) {
    const expected = `the columns ${required.join(', ')}, each once`;
    const found = header ? columns.join(', ') : 'an empty file';
    throw new PlatformError(
      'invalid',
      `${name} line ${header?.line ?? 1}: expected ${expected}, found ${found}`,
    );
  }
  return rows.map(({ line, cells }) => {
    if (cells.length !== columns.length) {
      const found = `${cells.length} (${cells.join(', ')})`;
      throw new PlatformError(
        'invalid',
        `${name} line ${line}: expected ${columns.length} fields, found ${found}`,
      );
    }
    return { line, fields: new Map(columns.map((column, i) => [column, cells[i] as string])) };
  });
}

function* cellsOf(text: string, name: string): Generator<Cells> {
  let line = 1;
  let row: Cells = { line, cells: [] };
  let at = 0;
  for (let end = ','; end !== '';) {
    field.lastIndex = at;
    const match = field.exec(text);
    if (!match) {
      const expected = 'a quoted field that ends in a quote, then a comma or the end of the line';
      throw new PlatformError('invalid', `${name} line ${line}: expected ${expected}, found a stray quote`);
    }
    const [whole, quoted, plain] = match;
    end = match[3] ?? '';
    row.cells.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    at += whole.length;
    line += (whole.match(/\r\n|\n|\r/g) ?? []).length;
    if (end === ',') continue;
    yield row;
    row = { line, cells: [] };
  }
}
