import { configDefaults, defineConfig } from 'vitest/config';
import base, { realNode } from './vitest.config.ts';

/** The tests that need a Kubernetes cluster: each spec starts one of its own, from programs that are built once. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: realNode,
    exclude: configDefaults.exclude,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
