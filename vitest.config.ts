import { defineConfig } from 'vitest/config';

// Not `module`: what packages say there is for bundlers, and Node cannot always load it.
const conditions = ['@palimpsest/source', 'node', 'import', 'default'];

/** One run over the whole tree; packages resolve to their sources, child processes to what `tsc -b` built. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
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
