export { ReportingModule } from './reporting.module.js';
export { definitions } from './tasks.js';
