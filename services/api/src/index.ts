export { ApiModule } from './api.module.js';
export type { DeadLetter } from './queue/dead-letters.js';
export { openStudies } from './open-studies.js';
export type { Estimate, Plan, PlanNode } from './plan/node.js';
export { datasetsUsed, planStudy } from './plan/plan.js';
export { assumedImages } from './plan/context.js';
export type { StudyStatus } from './studies/progress.js';
export { parseStudyFile, parseStudySpec } from './studies/study-file.js';
export type { NodeState, StudySummary, StudyView, StudyViews, TaskView } from './studies/study-view.js';
