import { availableParallelism } from 'node:os';
import {
  engines,
  linearAlgebras,
  PlatformError,
  type EngineSettings,
  type LinearAlgebraSettings,
} from '@palimpsest/contracts';
import { z } from 'zod';

/** What this release can talk to. */
const schemes = {
  BUS_URL: ['memory:', 'kafka:'],
  STORE_URL: ['file:', 's3:', 'memory:'],
  DATABASE_URL: ['pglite:', 'postgres:'],
  JOBS_URL: ['process:', 'inline:', 'kubernetes:'],
} as const;
type UrlName = keyof typeof schemes;

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().min(least).max(most);

const settings = z.object({
  DATA_DIR: z.string().describe('Folder of everything that is kept, unless the URLs below say otherwise.'),
  BUS_URL: z
    .string()
    .describe(
      'Where messages go: `memory:`, seen by one process only, or `kafka://host:port,host:port?option=value`.',
    ),
  KAFKA_USERNAME: z.string().optional().describe('Name for a broker whose `BUS_URL` says `sasl=`.'),
  KAFKA_PASSWORD: z.string().optional().describe('Password for it.'),
  KAFKA_CA_FILE: z
    .string()
    .optional()
    .describe("PEM file of the authorities that may issue the broker's certificate. Turns TLS on."),
  KAFKA_CERT_FILE: z
    .string()
    .optional()
    .describe('PEM file of our certificate, for a broker that asks for one.'),
  KAFKA_KEY_FILE: z.string().optional().describe('PEM file of its private key.'),
  STORE_URL: z
    .string()
    .describe(
      'Where artifacts are kept: `file:<folder>`, `s3://<bucket>/<prefix>?endpoint=https://<host>:<port>&region=<name>&pathStyle=<true or false>` (no endpoint: AWS), or `memory:` with `JOBS_URL=inline:`.',
    ),
  S3_ACCESS_KEY: z
    .string()
    .optional()
    .describe('Access key for an `s3:` store; without one, AWS_ACCESS_KEY_ID and what goes with it.'),
  S3_SECRET_KEY: z.string().optional().describe('Secret key for an `s3:` store.'),
  S3_CA_FILE: z
    .string()
    .optional()
    .describe("File with the authority that signed the certificate of an `s3:` store's server, in PEM."),
  DATABASE_URL: z
    .string()
    .describe(
      'Where studies are kept: `pglite:<folder>`, `pglite:memory` to forget them at the end, or ' +
        '`postgres://<user>:<password>@<host>/<database>`, where `schema=`, `sslmode=` and `sslrootcert=` may follow a `?`. ' +
        'PGPASSWORD may hold the password.',
    ),
  JOBS_URL: z
    .string()
    .describe(
      'Where long tasks run: `process:`, a child process each, `inline:`, in the thread of the service, or ' +
        '`kubernetes:?namespace=<name>&template=<file>`, a Kubernetes Job each.',
    ),
  CONCURRENCY: whole(1).describe(
    'Tasks that a service process accepts at once of each kind, and its threads. Default: one a processor core.',
  ),
  THREADS_PER_TASK: whole(1)
    .optional()
    .describe(
      'Threads a task may use; changes no result but last digits with `ENGINE=tensorflow` and `LINEAR_ALGEBRA=openblas`. Default: what the plan says the task needs.',
    ),
  GPUS_PER_JOB: whole(0, 16).describe(
    'GPUs that a training asks for where jobs are Kubernetes Jobs. Default: 1 where `ENGINE=tensorflow-gpu` or `ONNX_PROVIDER=cuda`, else 0.',
  ),
  ENGINE: z
    .enum(engines)
    .describe(
      'What trains networks and scores them: `onnx`, which needs nothing more; `tensorflow` or `tensorflow-gpu`, after `palimpsest setup tensorflow`. Activations are always computed by ONNX Runtime on processors.',
    ),
  ONNX_PROVIDER: z
    .enum(['cpu', 'cuda'])
    .describe('What `ENGINE=onnx` computes on; `cuda` needs the CUDA files of onnxruntime-node.'),
  TENSORFLOW_HOME: z.string().describe('Folder that `palimpsest setup tensorflow` fills.'),
  TENSORFLOW_DETERMINISTIC: z
    .enum(['true', 'false'])
    .describe(
      'Whether TensorFlow must give the same bytes each time, also on a GPU, where that costs speed.',
    ),
  LINEAR_ALGEBRA: z
    .enum(linearAlgebras)
    .describe(
      'What computes similarities: `plain`, which gives the same bytes on every machine, or `openblas`, faster for hundreds of channels, where OpenBLAS is installed.',
    ),
  OPENBLAS_LIBRARY: z
    .string()
    .optional()
    .describe('File of OpenBLAS for `LINEAR_ALGEBRA=openblas`. Default: looked for where systems keep it.'),
  HTTP_HOST: z.string().describe('Address that the HTTP server listens on.'),
  HTTP_PORT: whole(0, 65_535).describe('Port of the HTTP server; 0 takes any free one.'),
  LEASE_SECONDS: whole(1).describe('Seconds without a sign of life after which a task is sent again.'),
  MAX_ATTEMPTS: whole(1).describe('How often a task is tried before its study fails.'),
  MAX_INTERRUPTIONS: whole(0).describe(
    'How often a task may lose its worker, killed or told to stop, without an attempt being counted.',
  ),
  STALL_SECONDS: whole(1).describe('Seconds without progress after which a running task is given up.'),
  SHUTDOWN_SECONDS: whole(1).describe(
    'Seconds that a process takes at most to put everything away when it is told to stop.',
  ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .describe('Least severe log line that is written.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .optional()
    .describe('Collector that traces are sent to, by OTLP over HTTP; none are made where this is not set.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z
    .string()
    .optional()
    .describe('The same, as a whole URL: nothing is added to it.'),
});

/** Settings that are not shown to anyone. */
const secrets: readonly string[] = ['KAFKA_PASSWORD', 'S3_SECRET_KEY'];

/** Every setting of a process, read once. */
export interface Config extends z.infer<typeof settings> {
  /** Script that a job's process runs, as `node <program> work <kind> <task-id>`. Not a setting: a program knows itself. */
  program: string;
}

const defaults = (dataDir: string) => ({
  DATA_DIR: dataDir,
  BUS_URL: 'memory:',
  STORE_URL: `file:${dataDir}/store`,
  DATABASE_URL: `pglite:${dataDir}/db`,
  JOBS_URL: 'process:',
  ENGINE: 'onnx',
  ONNX_PROVIDER: 'cpu',
  TENSORFLOW_HOME: `${dataDir}/tensorflow`,
  TENSORFLOW_DETERMINISTIC: 'true',
  LINEAR_ALGEBRA: 'plain',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '7315',
  LEASE_SECONDS: '30',
  MAX_ATTEMPTS: '3',
  MAX_INTERRUPTIONS: '20',
  STALL_SECONDS: '3600',
  SHUTDOWN_SECONDS: '25',
  LOG_LEVEL: 'info',
});

const DATA_DIR = './data';

type Environment = Record<string, string | undefined>;

/** The settings that were given; an empty one counts as absent, as in most programs. */
function given(env: Environment): Record<string, string> {
  const entries = Object.keys(settings.shape).map((name) => [name, env[name]?.trim() ?? ''] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

/**
 * Reads the settings from the environment.
 * @throws PlatformError `invalid`, naming the setting, what was expected and what was found
 */
export function loadConfig(env: Environment = process.env): Config {
  const set = given(env);
  const parsed = settings.safeParse({
    CONCURRENCY: availableParallelism(),
    GPUS_PER_JOB: set.ENGINE === 'tensorflow-gpu' || set.ONNX_PROVIDER === 'cuda' ? 1 : 0,
    ...defaults(set.DATA_DIR ?? DATA_DIR),
    ...set,
  });
  if (!parsed.success) throw new PlatformError('invalid', problems(parsed.error, set));
  const config = { ...parsed.data, program: process.argv[1] ?? '' };
  for (const name of Object.keys(schemes) as UrlName[]) schemeOf(name, config[name]);
  refuseBlindJobs(config);
  return config;
}

function problems(error: z.ZodError, set: Record<string, string>): string {
  const lines = error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}: ${issue.message}, found "${secrets.includes(name) ? '***' : (set[name] ?? '')}"`;
  });
  return lines.join('; ');
}

function refuseBlindJobs({ STORE_URL, JOBS_URL }: Config): void {
  if (schemeOf('STORE_URL', STORE_URL) !== 'memory:' || schemeOf('JOBS_URL', JOBS_URL) === 'inline:') return;
  throw new PlatformError(
    'invalid',
    `STORE_URL: no other process sees "${STORE_URL}", so JOBS_URL must be "inline:", found "${JOBS_URL}"`,
  );
}

/**
 * The scheme of a URL, with its colon.
 * @throws PlatformError `invalid` for a scheme that this release has no driver for, naming those it has
 */
export function schemeOf<N extends UrlName>(name: N, url: string): (typeof schemes)[N][number] {
  const known: readonly (typeof schemes)[N][number][] = schemes[name];
  const scheme = known.find((candidate) => url.startsWith(candidate));
  if (scheme !== undefined) return scheme;
  throw new PlatformError(
    'invalid',
    `${name}: expected a URL beginning with ${known.join(' or ')}; "${masked(url)}" is unknown`,
  );
}

const masked = (value: string) => value.replace(/\/\/([^:@/]*):[^@?]*@/, '//$1:***@');

const shown = (name: string, value: string) => (secrets.includes(name) ? '***' : masked(value));

/** Which engine runs networks, as the settings say. */
export function engineSettings(config: Config): EngineSettings {
  return {
    name: config.ENGINE,
    onnxProvider: config.ONNX_PROVIDER,
    tensorflowHome: config.TENSORFLOW_HOME,
    deterministic: config.TENSORFLOW_DETERMINISTIC === 'true',
  };
}

/** What computes similarities, as the settings say. */
export function linearAlgebraSettings(
  config: Pick<Config, 'LINEAR_ALGEBRA' | 'OPENBLAS_LIBRARY'>,
): LinearAlgebraSettings {
  const { LINEAR_ALGEBRA: name, OPENBLAS_LIBRARY: library } = config;
  return { name, ...(library !== undefined && { library }) };
}

/** JSON Schema of the settings as they are read, for whoever checks them before a process does. */
export const settingsSchema = () => z.toJSONSchema(settings);

/** One setting, for people: its value in force with passwords masked, its default and what it means. */
export interface SettingDescription {
  name: string;
  value: string | undefined;
  default: string | undefined;
  comment: string;
}

/** All settings, in the order of the reference page. */
export function describeConfig(env: Environment = process.env): SettingDescription[] {
  const config: Record<string, string | number | undefined> = { ...loadConfig(env) };
  const usual: Record<string, string | undefined> = defaults(DATA_DIR);
  return Object.entries(settings.shape).map(([name, schema]) => ({
    name,
    value: config[name] === undefined ? undefined : shown(name, `${config[name]}`),
    default: usual[name],
    comment: schema.description ?? '',
  }));
}
