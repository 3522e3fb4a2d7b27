import { configDefaults, defineConfig } from 'vitest/config';

// `import` is left out: Node would apply it to `require` too, and hand ES modules to packages that ask for CommonJS.
const conditions = ['@palimpsest/source', 'node', 'module', 'default'];

/** What needs a real node, with containers: `npm run test:cluster`. Where nodes are played it is part of this run. */
export const realNode = ['test/cluster/node.spec.ts', 'test/cluster/chart.spec.ts'];

/** One run over the whole tree; packages resolve to their sources, child processes to what `tsc -b` built. */
export default defineConfig({
  resolve: { conditions },
  // Node is given these too, for `require` as well as for `import`: none that it takes for modules only.
  ssr: { resolve: { conditions: ['@palimpsest/source', 'node', 'default'], externalConditions: conditions } },
  test: {
    include: ['{libs,services}/*/src/**/*.spec.ts', 'test/**/*.spec.ts'],
    exclude: [...configDefaults.exclude, 'test/distributed/**', ...realNode],
    reporters: process.env.TEST_REPORT
      ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
