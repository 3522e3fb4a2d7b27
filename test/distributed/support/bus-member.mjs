// A process of its own that hears `task.progressed` in a group, and prints what it heard: `bus-member.mjs GROUP`.
// Settings come from the environment. It is made to be killed.
import { createBus, loadConfig } from '@palimpsest/platform';

const bus = await createBus(loadConfig());
await bus.subscribe(['task.progressed'], process.argv[2] ?? 'group', ({ message }) => {
  console.log(message.taskId);
  return Promise.resolve();
});
console.log('joined');
