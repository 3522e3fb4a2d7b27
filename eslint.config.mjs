import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Who may import whom: a project of the tag on the left may use projects of the tags on the right. */
const layers = {
  contracts: [],
  pure: [],
  compute: ['contracts', 'pure'],
  platform: ['contracts'],
  service: ['contracts', 'pure', 'compute', 'platform'],
  app: ['contracts', 'pure', 'compute', 'platform', 'service'],
  testing: ['contracts'],
};

/** Packages that reach the outside world, and the only folders that may import them. */
const adapters = [
  {
    packages: [
      ...['kafkajs', '@platformatic/kafka', 'minio', '@kubernetes/client-node', 'pg'],
      ...['@electric-sql/pglite', 'piscina'],
    ],
    allowed: ['libs/platform/**'],
  },
  {
    packages: [
      'prom-client',
      '@opentelemetry/api',
      '@opentelemetry/sdk-trace-node',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
    ],
    allowed: ['libs/platform/**'],
  },
  {
    packages: ['onnxruntime-node', 'onnxruntime-web', 'onnxruntime-common'],
    allowed: ['libs/networks/src/engines/**'],
  },
  {
    packages: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
    allowed: ['libs/networks/src/engines/**'],
  },
  { packages: ['koffi'], allowed: ['libs/blas/**'] },
  { packages: ['sharp'], allowed: ['libs/images/**'] },
  { packages: ['vega', 'vega-lite'], allowed: ['services/reporting/**'] },
];

const restricted = (packages, extra = []) => ({
  'no-restricted-imports': [
    'error',
    { paths: packages.map((name) => ({ name, message: 'belongs behind its adapter' })), patterns: extra },
  ],
});

const nodeOnly = [{ group: ['node:*'], message: 'pure code imports no Node module' }];
const nest = [{ group: ['@nestjs/*'], message: 'compute code knows no framework' }];
const outside = (folder) =>
  adapters
    .filter((a) => !a.allowed.some((g) => folder.startsWith(g.replace('/**', ''))))
    .flatMap((a) => a.packages);

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'data/**', '**/*.mjs', '**/*.js', 'vitest*.config.ts'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          depConstraints: Object.entries(layers).map(([tag, allowed]) => ({
            sourceTag: tag,
            onlyDependOnLibsWithTags: allowed,
          })),
        },
      ],
      ...restricted(adapters.flatMap((a) => a.packages)),
      complexity: ['error', 15],
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 300, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 4],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['libs/{numerics,phantoms}/**/*.ts'],
    rules: restricted(
      adapters.flatMap((a) => a.packages),
      [...nodeOnly, ...nest],
    ),
  },
  {
    files: ['libs/networks/src/engines/**/*.ts'],
    rules: restricted(outside('libs/networks/src/engines'), nest),
  },
  { files: ['libs/blas/**/*.ts'], rules: restricted(outside('libs/blas'), nest) },
  { files: ['libs/images/**/*.ts'], rules: restricted(outside('libs/images'), nest) },
  { files: ['libs/formats/**/*.ts'], rules: restricted(outside('libs/formats'), nest) },
  { files: ['libs/platform/**/*.ts'], rules: restricted(outside('libs/platform')) },
  { files: ['services/reporting/**/*.ts'], rules: restricted(outside('services/reporting')) },
  // Real servers are looked at from outside, past our own adapters.
  { files: ['test/{distributed,cluster}/**/*.ts'], rules: restricted([]) },
  {
    files: ['**/*.spec.ts', '**/*-conformance.ts', 'test/**/*.ts', 'libs/testing/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      complexity: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@nx/enforce-module-boundaries': 'off',
    },
  },
);
