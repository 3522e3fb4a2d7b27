import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';

/**
 * Makes a folder and those above it, where they are not there. Node's own way never ends below a folder that says it
 * has none of that name and takes none, as `/proc` does.
 *
 * @param folder absolute
 * @throws PlatformError `invalid` for such a place, else as the file system has it
 */
export async function makeFolder(folder: string): Promise<void> {
  const above = dirname(folder);
  if (above !== folder && !(await stat(above).catch(() => undefined))) await makeFolder(above);
  try {
    await mkdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw cause;
    throw new PlatformError('invalid', `${above} takes no folder: ${folder} cannot be made`, { cause });
  }
}
