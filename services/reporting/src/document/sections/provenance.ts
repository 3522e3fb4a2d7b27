import { html, trusted, type Markup } from '../../markup.js';
import { counted } from '../../numbers.js';
import { provenance, type ProvenanceGroup } from '../../tables/provenance.js';
import { details, tableFigure, type Report } from '../report.js';
import { settingsTables } from './settings.js';

/** Where every number comes from. */
export function provenanceSection({ view }: Report, version: string): Markup {
  const groups = provenance(view);
  const tasks = groups.reduce((sum, group) => sum + group.tasks.length, 0);
  return html`<section id="provenance">
    <h2>Provenance</h2>
    <p>
      Palimpsest ${version}, protocol <code>${view.study.protocol}</code>. A task’s id is the hash of its
      kind, the version of its method and its input, so equal ids are equal work; what it put out is named by
      the hash of its bytes. The values of the first table lead here.
    </p>
    <h3>Settings</h3>
    ${settingsTables(view.study)}
    <h3>Tasks</h3>
    ${details(`${counted(tasks, 'task')}, by what they are about`, taskTable(groups))}
    <p>The same as a file: <code>tables/provenance.csv</code>; the settings: <code>study.json</code>.</p>
  </section>`;
}

function taskTable(groups: readonly ProvenanceGroup[]): Markup {
  const table = html`<table class="long">
    <thead>
      <tr>
        <th scope="col">Of</th>
        <th scope="col">Kind</th>
        <th scope="col" class="n">Method</th>
        <th scope="col">Task</th>
        <th scope="col">Artifact</th>
      </tr>
    </thead>
    ${groups.map(groupBody)}
  </table>`;
  return tableFigure(
    'Tasks and the artifacts that they put out (SHA-256, first 16 digits; in full on hovering and in the file).',
    table,
  );
}

function groupBody({ anchor, about, tasks }: ProvenanceGroup): Markup {
  const rows = tasks.map(
    ({ kind, version, taskId, part, artifact }) =>
      html`<tr>
        <td class="wrap">${part}</td>
        <td>${kind}</td>
        <td class="n">${version}</td>
        <td><code>${taskId}</code></td>
        <td>${artifact ? html`<code title="${artifact}">${artifact.slice(0, 16)}</code>` : trusted('')}</td>
      </tr> `,
  );
  return html`<tbody id="${anchor}">
    <tr>
      <th scope="rowgroup" colspan="5">${about}</th>
    </tr>
    ${rows}
  </tbody> `;
}
