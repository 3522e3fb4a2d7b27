export { AnalysisModule } from './analysis.module.js';
export { definitions } from './tasks.js';
