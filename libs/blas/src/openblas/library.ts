import { messageOf, PlatformError } from '@palimpsest/contracts';

type Koffi = Awaited<ReturnType<typeof importKoffi>>;
type Library = ReturnType<Koffi['load']>;

/** A function of the library. Arrays are read and written where they lie; nothing checks their length. */
type Native = (...values: (string | number | Float64Array | Int32Array)[]) => unknown;

/** What we call of OpenBLAS: BLAS through its C interface, row by row, and LAPACK as Fortran has it, column by column. */
export interface OpenBlas {
  /** Also of the processor's kernels, which decide on last digits. */
  readonly version: string;
  setThreads(threads: number): void;
  readonly dgemm: Native;
  readonly dsyrk: Native;
  readonly dsyevd: Native;
  readonly dgesdd: Native;
}

const wanted = 'LINEAR_ALGEBRA=openblas';
const advice =
  'install it (Debian: libopenblas0-pthread; Fedora: openblas-threads; macOS: brew install openblas) or name its file in OPENBLAS_LIBRARY';

/** Where systems keep OpenBLAS; a bare name is looked for where they look for libraries. */
export function usualNames(platform = process.platform): readonly string[] {
  if (platform === 'win32') return ['libopenblas.dll'];
  const homebrew = ['/opt/homebrew', '/usr/local'].map((at) => `${at}/opt/openblas/lib/libopenblas.dylib`);
  return platform === 'darwin' ? homebrew : ['libopenblasp.so.0', 'libopenblas.so.0'];
}

/**
 * Loads OpenBLAS into this process.
 *
 * @param names tried in this order
 * @throws PlatformError `invalid` when koffi or the library is missing, naming what was looked for, or when the library is
 *   not OpenBLAS with LAPACK and 32-bit integers
 */
export async function loadOpenBlas(names = usualNames()): Promise<OpenBlas> {
  const { load } = await importKoffi();
  const { name, library } = firstOf(names, load);
  try {
    return functionsOf(library);
  } catch (cause) {
    const found = `found ${name}: ${messageOf(cause)}`;
    throw new PlatformError('invalid', `${wanted}: expected OpenBLAS with LAPACK, ${found}; ${advice}`, {
      cause,
    });
  }
}

/** An optional package: it has no build for some machines. */
async function importKoffi() {
  try {
    return await import('koffi');
  } catch (cause) {
    const machine = `${process.platform} on ${process.arch}`;
    const found = `expected the package koffi, found none for ${machine}: run npm install again, with optional packages`;
    throw new PlatformError('invalid', `${wanted}: ${found}`, { cause });
  }
}

function firstOf(names: readonly string[], load: Koffi['load']): { name: string; library: Library } {
  const problems: string[] = [];
  for (const name of names) {
    try {
      return { name, library: load(name) };
    } catch (error) {
      problems.push(`${name} (${messageOf(error)})`);
    }
  }
  throw new PlatformError(
    'invalid',
    `${wanted}: expected the library OpenBLAS, tried ${problems.join(', ')}; ${advice}`,
  );
}

/** Fortran hands over everything by address, and the length of each string after all else. */
function functionsOf(library: Library): OpenBlas {
  const get = (prototype: string) => library.func(prototype) as Native;
  const config = String(get('const char *openblas_get_config()')());
  if (config.includes('USE64BITINT')) throw new Error(`64-bit integers (${config})`);
  const kernels = String(get('const char *openblas_get_corename()')());
  const setThreads = get('void openblas_set_num_threads(int)');
  return {
    version: `${config.split(' ', 2).join(' ')} (${kernels})`,
    setThreads: (threads) => void setThreads(threads),
    dgemm: get(
      'void cblas_dgemm(int order, int transA, int transB, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc)',
    ),
    dsyrk: get(
      'void cblas_dsyrk(int order, int uplo, int trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc)',
    ),
    dsyevd: get(
      'void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t)',
    ),
    dgesdd: get(
      'void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info, size_t)',
    ),
  };
}
