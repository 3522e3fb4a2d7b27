import { configDefaults, defineConfig } from 'vitest/config';

const conditions = ['@palimpsest/source', 'node', 'import', 'module', 'default'];
// Node applies these to `require` as well, which then must not be told to import.
const externalConditions = ['@palimpsest/source', 'node', 'module', 'default'];

/** One run over the whole tree; packages resolve to their sources, child processes to what `tsc -b` built. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions } },
  test: {
    include: ['{libs,services}/*/src/**/*.spec.ts', 'test/**/*.spec.ts'],
    exclude: [...configDefaults.exclude, 'test/distributed/**'],
    reporters: process.env.TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
