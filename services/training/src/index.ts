export { definitions } from './tasks.js';
export { TrainingModule } from './training.module.js';
