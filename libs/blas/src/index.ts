export { openLinearAlgebra } from './open-linear-algebra.js';
