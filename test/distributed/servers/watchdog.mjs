// Ends what its parent left behind. The parent writes lines `{"watch": 123}` for a process and `{"watch": "/tmp/x"}`
// for a temporary folder, and `{"forget": …}` when it has ended or removed it itself. When the pipe closes, because the
// parent ended in whatever way, what is still listed is killed and removed.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const listed = new Set();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { watch, forget } = JSON.parse(line);
    if (watch) listed.add(watch);
    else listed.delete(forget);
  })
  .on('close', () => {
    const left = [...listed];
    left.filter((item) => typeof item === 'number').forEach(kill);
    left.filter((item) => typeof item === 'string').forEach(remove);
  });

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
