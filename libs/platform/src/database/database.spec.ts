import { describeDatabase } from './database-conformance.js';

describeDatabase('pglite', () => 'pglite:memory');
