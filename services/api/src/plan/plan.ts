import type { Study } from '@palimpsest/contracts';
import { compareNodes, extractNodes } from './analysis-nodes.js';
import type { PlanContext } from './context.js';
import { reportEstimate, smallNeeds } from './costs.js';
import { keys } from './keys.js';
import type { Plan, PlanNode, ReportNode } from './node.js';
import { ingestNode, probeNodes, sourceNodes, trainNodes } from './train-nodes.js';

/**
 * A study as tasks. Pure: the same study gives the same plan, and nothing is read.
 *
 * A node's input holds what its dependencies put out and the settings that can change its own output, so a task's id
 * is known when its node is ready, and unchanged content is never worked on twice.
 *
 * @param options.look how often the study was submitted before
 * @param options.images images of each dataset, for estimates; 1,000 where nobody counted
 * @param options.gpus GPUs that each training needs; none where left out
 */
export function planStudy(
  study: Study,
  options: { look?: number; images?: Record<string, number>; gpus?: number } = {},
): Plan {
  const { look = 0, images = {}, gpus = 0 } = options;
  const context: PlanContext = { study, look, images, gpus };
  const targets = Object.keys(study.targets);
  const work = [
    ...datasetsUsed(study).map((name) => ingestNode(context, name)),
    ...Object.keys(study.sources).flatMap((source) => sourceNodes(context, source)),
    ...targets.flatMap((target) => trainNodes(context, target)),
    ...targets.flatMap((target) => probeNodes(context, target)),
    ...targets.flatMap((target) => extractNodes(context, target)),
    ...targets.flatMap((target) => compareNodes(context, target)),
  ];
  const nodes: PlanNode[] = [...work, reportNode(work.map((node) => node.key))];
  return { nodes, byKey: new Map(nodes.map((node) => [node.key, node])), readers: readersOf(nodes) };
}

function readersOf(nodes: readonly PlanNode[]): Map<string, PlanNode[]> {
  const readers = new Map<string, PlanNode[]>(nodes.map(({ key }) => [key, []]));
  for (const node of nodes) for (const dep of node.deps) readers.get(dep)?.push(node);
  return readers;
}

/** Targets, and the datasets that some source is pre-trained on. */
export function datasetsUsed(study: Study): string[] {
  const pretrained = Object.values(study.sources).flatMap((source) =>
    'pretrain' in source ? [source.pretrain] : [],
  );
  return [...new Set([...Object.keys(study.targets), ...pretrained])];
}

function reportNode(deps: string[]): ReportNode {
  return {
    key: keys.report,
    kind: 'report',
    deps,
    about: { kind: 'report' },
    needs: smallNeeds,
    estimate: reportEstimate,
  };
}
