import { defineConfig } from 'vitest/config';

const conditions = ['@palimpsest/source', 'node', 'import', 'module', 'default'];

/** One run over the whole tree; packages resolve to their sources, child processes to what `tsc -b` built. */
export default defineConfig({
  resolve: { conditions },
  // Node is given these too, for `require` as well as for `import`: none that it takes for modules only.
  ssr: { resolve: { conditions: ['@palimpsest/source', 'node', 'default'], externalConditions: conditions } },
  test: {
    include: ['{libs,services}/*/src/**/*.spec.ts', 'test/**/*.spec.ts'],
    reporters: process.env.TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
