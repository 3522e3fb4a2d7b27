import { studySchema } from '@palimpsest/contracts';
import { z } from 'zod';
import { showValue, type Problem } from './problem.js';
import { suggest } from './suggest.js';

type Issue = z.core.$ZodIssue;

/** What the schema of a study finds wrong with a value, in words for the person who wrote it. */
export function schemaProblems(value: unknown): Problem[] {
  const { error } = studySchema.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) => problemsOf(issue, value));
}

function problemsOf(issue: Issue, root: unknown): Problem[] {
  const { path } = issue;
  const found = showValue(valueAt(root, path));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], knownKeys(path, root)));
    case 'invalid_union':
      return unionProblems(issue, root);
    case 'invalid_value':
      return [{ path, message: expectedValue(issue.values.map(String), valueAt(root, path)) }];
    case 'invalid_type':
      return [
        { path, message: `expected ${inWords[issue.expected] ?? `a ${issue.expected}`}, found ${found}` },
      ];
    case 'too_small':
      return [
        { path, message: `expected ${bound('at least', 'more than', issue, issue.minimum)}, found ${found}` },
      ];
    case 'too_big':
      return [
        { path, message: `expected ${bound('at most', 'less than', issue, issue.maximum)}, found ${found}` },
      ];
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, message: `a name has ${message}` }));
    case 'invalid_format':
      return [{ path, message: `expected ${issue.message}, found ${found}` }];
    default:
      return [{ path, message: `${issue.message}, found ${found}` }];
  }
}

const inWords: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  boolean: 'true or false',
};

function bound(
  inclusive: string,
  exclusive: string,
  issue: { origin: string; inclusive?: boolean | undefined },
  limit: number | bigint,
): string {
  const amount = `${issue.inclusive === false ? exclusive : inclusive} ${limit}`;
  if (issue.origin === 'array') return `${amount} in the list`;
  return issue.origin === 'string' ? `${amount} characters` : amount;
}

function expectedValue(values: string[], found: unknown): string {
  const options = values.length > 1 ? `one of ${values.join(', ')}` : String(values[0]);
  const meant = typeof found === 'string' ? suggest(found, values) : undefined;
  return `expected ${options}, found ${showValue(found)}${didYouMean(meant)}`;
}

function unknownKey(path: PropertyKey[], known: string[]): Problem {
  const meant = suggest(String(path.at(-1)), known);
  const hint = meant ? didYouMean(meant) : `; known here: ${known.join(', ')}`;
  return { path, message: `no such field${hint}` };
}

const didYouMean = (word: string | undefined) => (word ? `; did you mean "${word}"?` : '');

/** The kinds of source differ by the field that names them, so the problem is that of the kind that was meant. */
function unionProblems(issue: Extract<Issue, { code: 'invalid_union' }>, root: unknown): Problem[] {
  const value = valueAt(root, issue.path);
  const kinds = ['random', 'pretrain', 'registered', 'weights'];
  const meant = kinds.findIndex((kind) => typeof value === 'object' && value !== null && kind in value);
  if (meant < 0) {
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const word = keys.map((key) => suggest(key, kinds)).find((hint) => hint !== undefined);
    const found = keys.length > 0 ? keys.join(', ') : showValue(value);
    const expected = 'random: true, pretrain: <dataset>, registered: <name> or weights: <file>';
    return [{ path: issue.path, message: `expected ${expected}, found ${found}${didYouMean(word)}` }];
  }
  const inner = issue.errors[meant] ?? [];
  return inner.flatMap((own) => problemsOf({ ...own, path: [...issue.path, ...own.path] }, root));
}

function valueAt(root: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}

/** Fields that the schema knows at a path. */
function knownKeys(path: PropertyKey[], root: unknown): string[] {
  let schema: z.core.$ZodType = studySchema;
  for (const [depth, key] of path.entries()) {
    schema = unwrap(schema, valueAt(root, path.slice(0, depth)));
    if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else if (schema instanceof z.ZodObject) schema = shapeOf(schema)[String(key)] ?? z.never();
  }
  const last = unwrap(schema, valueAt(root, path));
  return last instanceof z.ZodObject ? Object.keys(shapeOf(last)) : [];
}

const shapeOf = (schema: z.ZodObject): Readonly<Record<string, z.core.$ZodType>> => schema.shape;

function unwrap(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap(), value);
  if (!(schema instanceof z.ZodUnion) || typeof value !== 'object' || value === null) return schema;
  const fits = (option: z.core.$ZodType) => {
    const [kind] = option instanceof z.ZodObject ? Object.keys(option.shape) : [];
    return kind !== undefined && kind in value;
  };
  return schema.options.find(fits) ?? schema;
}
