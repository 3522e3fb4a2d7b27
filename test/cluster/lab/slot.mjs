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
  const mine = JSON.stringify({ pid: process.pid, folder });
  try {
    await writeFile(fileOf(index), mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const owner = JSON.parse(await readFile(fileOf(index), 'utf8'));
  if (isAlive(owner.pid)) return false;
  await removeContainers(owner.folder, placeOf(index));
  await removeNetwork(placeOf(index));
  await rm(owner.folder, { recursive: true, force: true });
  await rm(fileOf(index), { force: true });
  return taken(index, folder);
}
