// A worker of every kind of task, whose tasks only pretend to work: they write two or three small artifacts.
import { createApp, loadConfig } from '@palimpsest/platform';
import { fakeTasks } from '../../services/api/dist/fake-tasks.fixture.js';

const config = loadConfig();
const app = await createApp(config, [fakeTasks().module]);
app.enableShutdownHooks();
await app.listen(config.HTTP_PORT, config.HTTP_HOST);
