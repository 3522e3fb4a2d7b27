import { readFile, rm, writeFile } from 'node:fs/promises';
import { isAlive } from '../../distributed/servers/pids.mjs';
import { placeOf, removeNetwork } from './network.mjs';
import { removeContainers } from './node.mjs';

const SLOTS = 250;
const fileOf = (index) => `/run/palimpsest-lab-${index}.json`;

/** Takes a place that no other cluster on this machine has; of one whose process was killed, what it left is removed. */
export async function takeSlot(folder) {
  for (let index = 0; index < SLOTS; index++)
    if (await taken(index, folder)) return { index, ...placeOf(index) };
  throw new Error(`${SLOTS} clusters run on this machine already`);
}

export const leaveSlot = ({ index }) => rm(fileOf(index), { force: true });

async function taken(index, folder) {
  const file = fileOf(index);
  if (await made(file, JSON.stringify({ pid: process.pid, folder }))) return true;
  const found = await contentOf(file);
  // Without content its owner is about to write it, or has just left.
  if (!found || isAlive(JSON.parse(found).pid)) return false;
  // Its owner was killed; of several who see that, one clears the place.
  const claim = `${file}.claim`;
  if (!(await made(claim, ''))) return false;
  try {
    if ((await contentOf(file)) === found) await clear(index, JSON.parse(found).folder);
  } finally {
    await rm(claim, { force: true });
  }
  return taken(index, folder);
}

/** Whether a file was not there and is now. */
async function made(file, content) {
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

const contentOf = (file) => readFile(file, 'utf8').catch(() => undefined);

async function clear(index, folder) {
  await removeContainers(folder, placeOf(index));
  await removeNetwork(placeOf(index));
  await rm(folder, { recursive: true, force: true });
  await rm(fileOf(index), { force: true });
}
