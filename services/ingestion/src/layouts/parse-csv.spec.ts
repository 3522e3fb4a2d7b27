import { expect, it } from 'vitest';
import { parseCsv } from './parse-csv.js';

const rows = (text: string) =>
  parseCsv(text, 'x.csv', ['a']).map(({ line, fields }) => [line, ...fields.values()]);

it('reads quoted commas, quotes and line ends, and counts lines through them', () => {
  expect(rows('a,b\r\n"1, one","say ""hi"""\r\n"two\nlines",2\r\n3,\r\n')).toEqual([
    [2, '1, one', 'say "hi"'],
    [3, 'two\nlines', '2'],
    [5, '3', ''],
  ]);
});

it('ends a line at a line feed alone, and needs none at the end', () => {
  expect(rows('a,b\n1,2\n\n3,4')).toEqual([
    [2, '1', '2'],
    [4, '3', '4'],
  ]);
});

it.each([
  ['', 'line 1: expected the columns a, each once, found an empty file'],
  ['b,c\n1,2', 'line 1: expected the columns a, each once, found b, c'],
  ['a;b\n1;2', 'line 1: expected the columns a, each once, found a;b'],
  ['a,b,a\n', 'line 1: expected the columns a, each once, found a, b, a'],
  ['a,b\n1,2\n3', 'line 3: expected 2 fields, found 1 (3)'],
  ['a,b\n1,2,3', 'line 2: expected 2 fields, found 3 (1, 2, 3)'],
  ['a,b\n1,"2', 'line 2: expected a quoted field that ends in a quote'],
  ['a,b\n"1"x,2', 'line 2: expected a quoted field that ends in a quote'],
  ['a,b\n1"2,3', 'line 2: expected a quoted field that ends in a quote'],
])('refuses %j', (text, message) => {
  expect(() => rows(text)).toThrow(`x.csv ${message}`);
});

it('reads a long file quickly', () => {
  const text = `a,b\n${'"x, ""y""",z\n'.repeat(20_000)}`;
  expect(rows(text)).toHaveLength(20_000);
  expect(() => rows(`a,b\n"${'x""'.repeat(200_000)}`)).toThrow('line 2: expected a quoted field');
});
