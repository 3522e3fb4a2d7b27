import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Every package that a module imports when it is loaded, itself or through others. Types cost nothing. */
function packagesOf(url: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(url.href)) return new Set();
  seen.add(url.href);
  const imports = readFileSync(url, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)';$/gm);
  const names = [...imports].map(([, name]) => name ?? '');
  const inner = names.filter((name) => name.startsWith('.'));
  const nested = inner.map((name) => packagesOf(new URL(name.replace(/\.js$/, '.ts'), url), seen));
  return new Set([...names.filter((name) => !name.startsWith('.')), ...nested.flatMap((each) => [...each])]);
}

describe('@palimpsest/platform/work', () => {
  it('imports nothing that starts slowly', () => {
    const packages = packagesOf(new URL('./work.ts', import.meta.url));
    const light = [...packages].filter((name) => !name.startsWith('node:'));
    expect(light.sort()).toEqual(['@palimpsest/contracts', 'pino', 'zod']);
  });
});
