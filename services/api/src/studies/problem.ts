import { PlatformError } from '@palimpsest/contracts';
import { stringify } from 'yaml';

/** Something wrong with a study: where, and what was expected and found. */
export interface Problem {
  path: PropertyKey[];
  message: string;
}

/** `targets.breast.layout` */
export const showPath = (path: PropertyKey[]): string => path.map(String).join('.');

/** A value as a message shows it: as YAML has it. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' && !Number.isFinite(value)) return stringify(value).trim();
  return JSON.stringify(value);
}

/** One error that lists every problem, each where it is. */
export function problemsError(problems: Problem[], place: (path: PropertyKey[]) => string): PlatformError {
  const lines = problems.map(({ path, message }) => {
    const field = showPath(path);
    return `${place(path)}: ${field ? `${field}: ` : ''}${message}`;
  });
  return new PlatformError('invalid', [...new Set(lines)].join('\n'));
}
