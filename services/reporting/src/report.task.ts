import { studyResultsSchema } from '@palimpsest/contracts';
import type { TaskDefinition } from '@palimpsest/platform';
import { collect } from './collect.js';
import { write } from './output.js';

/** Results of a study → one self-contained page, its figures and its tables. Equal results give equal bytes. */
export const report: TaskDefinition<'report'> = {
  kind: 'report',
  runs: 'here',
  module: new URL('./tasks.js', import.meta.url).href,
  async run(input, context) {
    const { store, signal } = context;
    const results = await store.getJson(input.results, studyResultsSchema);
    context.progress(0.1, 'reading what the study put out');
    const view = await collect(results, store, signal);
    context.progress(0.4, 'drawing');
    const files = await write(view);
    signal.throwIfAborted();
    const html = files.get('report.html') as Uint8Array;
    return {
      html: await store.put('reports', html, '.html'),
      files: await store.putTree(`reports/${input.results.sha256}`, files),
    };
  },
};
