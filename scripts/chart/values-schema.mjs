import { settingsSchema } from '@palimpsest/platform';
import { z } from 'zod';

// The values of helm/palimpsest, as strict as Helm allows: a name that is not known is an error, not a wish.

/** A piece of a Kubernetes object that Kubernetes itself checks. */
const anything = () => z.record(z.string(), z.unknown());
const list = () => z.array(anything());
const words = () => z.record(z.string(), z.string());
const optional = (pattern) => z.string().regex(new RegExp(`^$|${pattern.source}`));
const name = () => optional(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const digest = () => optional(/^sha256:[0-9a-f]{64}$/);
const whole = (least = 0) => z.int().min(least);
const variables = () => z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), anything()]));
const resources = () => z.strictObject({ requests: anything(), limits: anything() }).partial();
/** A registry may have a port; a tag has a place of its own. */
const repository = /^[^\s:@]+(:\d+\/[^\s:@]+)?$/;
const tag = () => optional(/^[\w][\w.-]{0,127}$/);
const image = z.strictObject({ repository: z.string().regex(repository), tag: tag(), digest: digest() });
const quantity = () => z.string().regex(/^[0-9]+(\.[0-9]+)?([EPTGM]i?|k|Ki)?$/);
const tolerations = () =>
  z.array(
    z
      .strictObject({
        key: z.string(),
        operator: z.enum(['Exists', 'Equal']),
        value: z.string(),
        effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
        tolerationSeconds: whole(),
      })
      .partial(),
  );
/** How many pods: a number, or a percentage. */
const pods = () => z.union([whole(), z.string().regex(/^[0-9]+%$/)]);
const peers = list;

const scaler = { minReplicas: whole(1), maxReplicas: whole(1) };
const orNothing = (shape) => z.union([z.strictObject({}), shape]).nullable();

const service = z
  .strictObject({
    replicas: whole(),
    concurrency: whole(1),
    resources: resources(),
    env: variables(),
    envFrom: list(),
    nodeSelector: words(),
    tolerations: tolerations(),
    affinity: anything(),
    topologySpread: list(),
    priorityClassName: name(),
    podAnnotations: words(),
    podLabels: words(),
    volumes: list(),
    volumeMounts: list(),
    terminationGracePeriodSeconds: whole(),
    autoscaling: orNothing(z.strictObject({ ...scaler, cpu: whole(1) })),
    keda: orNothing(
      z.strictObject({
        ...scaler,
        minReplicas: whole(),
        lag: whole(1).optional(),
        queue: whole(1).optional(),
        authentication: name().optional(),
      }),
    ),
    disruptionBudget: z.strictObject({ minAvailable: pods(), maxUnavailable: pods() }).partial().nullable(),
  })
  .partial()
  .meta({ id: 'service' });

const jobs = z.strictObject({
  kind: z.enum(['kubernetes', 'process']),
  image: image.extend({ repository: optional(repository) }),
  gpus: whole().max(16),
  gpuResource: z.string().regex(/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/),
  nodeSelector: words(),
  gpuNodeSelector: words(),
  tolerations: tolerations(),
  gpuTolerations: tolerations(),
  gpuRuntimeClassName: name(),
  priorityClassName: name(),
  queue: name(),
  gangSeconds: whole().max(600),
  ttlSecondsAfterFinished: whole(),
  activeDeadlineSeconds: whole(60),
  ephemeralStorage: quantity(),
  env: variables(),
  podLabels: words(),
  podAnnotations: words(),
  volumes: list(),
  volumeMounts: list(),
});

const networkPolicy = z.strictObject({
  enabled: z.boolean(),
  apiFrom: peers(),
  metricsFrom: peers(),
  busTo: peers(),
  storeTo: peers(),
  databaseTo: peers(),
  databasePorts: z.array(whole(1).max(65_535)),
  apiServerTo: peers(),
  apiServerPorts: z.array(whole(1).max(65_535)).min(1),
  extraEgress: list(),
});

const serviceNames = ['api', 'ingestion', 'training', 'activations', 'analysis', 'reporting'];

const values = z.strictObject({
  nameOverride: name(),
  fullnameOverride: optional(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
  mode: z.enum(['services', 'single']),
  image: image.extend({
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
    pullSecrets: z.array(z.strictObject({ name: z.string().min(1) })),
  }),
  user: z.strictObject({
    runAsUser: whole().nullable(),
    runAsGroup: whole().nullable(),
    fsGroup: whole().nullable(),
  }),
  bus: z.strictObject({
    url: optional(/^(kafka:\/\/.+|memory:)$/),
    existingSecret: name(),
    secretKeys: words(),
  }),
  store: z.strictObject({
    url: optional(/^(s3:\/\/.+|file:.+)$/),
    existingSecret: name(),
    secretKeys: words(),
  }),
  database: z.strictObject({
    url: optional(/^(postgres:\/\/.+|pglite:.+)$/),
    existingSecret: name(),
    secretKeys: words(),
    migrate: z.boolean(),
  }),
  settings: z.unknown(),
  datasets: z.strictObject({ mountPath: z.string().startsWith('/'), volume: anything() }),
  defaults: service,
  services: z.strictObject(
    Object.fromEntries(serviceNames.map((each) => [each, service.nullable().optional()])),
  ),
  single: service,
  jobs,
  data: z.strictObject({ existingClaim: name(), size: quantity(), storageClassName: name() }),
  serviceAccount: z.strictObject({ annotations: words() }),
  service: z.strictObject({ type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']), annotations: words() }),
  ingress: z.strictObject({
    enabled: z.boolean(),
    className: name(),
    annotations: words(),
    hosts: z.array(z.string()),
    tls: list(),
  }),
  gateway: z.strictObject({
    enabled: z.boolean(),
    parentRefs: list(),
    hostnames: z.array(z.string()),
    annotations: words(),
  }),
  networkPolicy,
  monitoring: z.strictObject({
    serviceMonitor: z.strictObject({ enabled: z.boolean(), labels: words(), interval: z.string() }),
    rules: z.strictObject({ enabled: z.boolean(), labels: words() }),
    dashboard: z.strictObject({ enabled: z.boolean(), labels: words() }),
  }),
  test: z.strictObject({ timeoutSeconds: whole(1) }),
  global: z.unknown().optional(),
});

/** What the chart sets itself, and what belongs into a Secret. */
const elsewhere = [
  ...['DATA_DIR', 'BUS_URL', 'STORE_URL', 'DATABASE_URL', 'JOBS_URL', 'HTTP_HOST', 'HTTP_PORT'],
  ...['CONCURRENCY', 'GPUS_PER_JOB'],
];
const secret = ['KAFKA_PASSWORD', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'];

/** The settings that a process reads; a number may be written as a text too. */
function settings() {
  const known = Object.entries(settingsSchema().properties)
    .filter(([setting]) => !elsewhere.includes(setting) && !secret.includes(setting))
    .map(([setting, schema]) => [
      setting,
      schema.type === 'integer' ? { anyOf: [schema, { type: 'string', pattern: '^[0-9]+$' }] } : schema,
    ]);
  return {
    type: 'object',
    properties: Object.fromEntries(known),
    patternProperties: { '^(OTEL|AWS|NODE|PG)[A-Z0-9_]+$': { type: ['string', 'number', 'boolean'] } },
    additionalProperties: false,
  };
}

/** Nothing is required but in an autoscaler: the chart has defaults, and `null` takes one away. */
function optionalFields(schema, name = '') {
  if (typeof schema !== 'object' || schema === null || ['autoscaling', 'keda'].includes(name)) return schema;
  if (Array.isArray(schema)) return schema.map((each) => optionalFields(each));
  const kept = Object.entries(schema).filter(([key]) => key !== 'required');
  return Object.fromEntries(kept.map(([key, value]) => [key, optionalFields(value, key)]));
}

/** JSON Schema of the chart's values. */
export function valuesSchema() {
  // Helm's library knows draft 7.
  const schema = z.toJSONSchema(values, { target: 'draft-7', reused: 'inline' });
  schema.properties.settings = settings();
  return { ...optionalFields(schema), title: 'Values of the Palimpsest chart' };
}
