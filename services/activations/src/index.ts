export { ActivationsModule } from './activations.module.js';
export { definitions } from './tasks.js';
