import { groupBy } from './group-by.js';
import { listNames } from './list-names.js';

/** What decides whether the same picture in two places does harm. */
export interface AuditedImage {
  path: string;
  label: string;
  fold: number;
  sha256: string;
}

export interface DuplicateAudit {
  /** Groups of different paths whose files are byte for byte the same, each in the dataset's order. */
  duplicates: string[][];
  warnings: string[];
}

/** Finds images that are there more than once, and says which of them have two labels or lie in two folds. */
export function auditDuplicates(images: readonly AuditedImage[]): DuplicateAudit {
  const groups = [...groupBy(images, ({ sha256 }) => sha256).values()].filter(({ length }) => length > 1);
  const listed = [...groupBy(images, ({ path }) => path).values()].filter(({ length }) => length > 1);
  return {
    duplicates: groups.map(pathsOf).filter(({ length }) => length > 1),
    warnings: [
      ...warn('images listed more than once', listed),
      ...warn(
        'the same image under two labels',
        groups.filter((group) => new Set(group.map(({ label }) => label)).size > 1),
      ),
      ...warn(
        'the same image in two folds, so a network is judged on what it was trained on',
        groups.filter((group) => new Set(group.map(({ fold }) => fold)).size > 1),
      ),
    ],
  };
}

function pathsOf(group: readonly AuditedImage[]): string[] {
  return [...new Set(group.map(({ path }) => path))];
}

function warn(what: string, groups: readonly AuditedImage[][]): string[] {
  if (groups.length === 0) return [];
  const names = groups.map((group) => pathsOf(group).join(' = '));
  return [`${what}: ${groups.length} (${listNames(names)})`];
}
