import { tasks, type Study, type StudyResults, type TaskKind, type TaskOutput } from '@palimpsest/contracts';
import { keys } from '../plan/keys.js';
import type { About, Plan } from '../plan/node.js';

/** A task that ended well. */
export interface FinishedTask {
  taskId: string;
  output: unknown;
}

/**
 * Everything that a study found, in the order of its plan.
 *
 * @param finished every node but the report, by key
 */
export function studyResults(
  of: { studyId: string; study: Study; plan: Plan },
  finished: ReadonlyMap<string, FinishedTask>,
): StudyResults {
  const entry = <K extends TaskKind>(kind: K, key: string) => {
    const task = finished.get(key);
    if (!task) throw new Error(`results of study ${of.studyId}: node ${key} is not finished`);
    const output = tasks[kind].output.parse(task.output) as TaskOutput<K>;
    return { taskId: task.taskId, version: tasks[kind].version, output };
  };
  const about = <A extends About['kind']>(kind: A) =>
    of.plan.nodes.flatMap((node) =>
      node.about.kind === kind ? [node.about as Extract<About, { kind: A }>] : [],
    );
  return {
    studyId: of.studyId,
    study: of.study,
    datasets: about('ingest').map(({ name }) => {
      const { version, output } = entry('ingest', keys.ingest(name));
      return { name, version, output };
    }),
    imports: about('import').map(({ source }) => {
      const { version, output } = entry('import', keys.import(source));
      return { source, version, output };
    }),
    pretrainings: about('pretrain').map(({ source }) => ({
      source,
      ...entry('train', keys.pretrain(source)),
    })),
    trainings: about('train').map(({ kind, ...at }) => ({ ...at, ...entry(kind, keys.train(at)) })),
    extractions: about('extract').map(({ target, model, fold }) => {
      return { target, model, fold, ...entry('extract', keys.extract(target, model, fold)) };
    }),
    comparisons: about('compare').map(({ target, pair, a, b, fold }) => {
      const at = { target, pair, a, b, fold };
      return { ...at, ...entry('compare', keys.compare(at)) };
    }),
  };
}
