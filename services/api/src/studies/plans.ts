import { studySchema, type Study } from '@palimpsest/contracts';
import type { Selectable } from 'kysely';
import type { StudiesTable } from '../database/schema.js';
import type { Plan } from '../plan/node.js';
import { planStudy } from '../plan/plan.js';

/** Plans of studies. Made, not stored: planning is pure. Kept while they are used, as each event asks for one. */
export class Plans {
  readonly #kept = new Map<string, { look: number; study: Study; plan: Plan }>();

  /** @param gpus GPUs that each training asks for */
  constructor(private readonly gpus = 0) {}

  /** Of a study as it was submitted last. */
  of({ id, look, spec }: Pick<Selectable<StudiesTable>, 'id' | 'look' | 'spec'>): {
    study: Study;
    plan: Plan;
  } {
    const kept = this.#kept.get(id);
    if (kept?.look === look) return kept;
    const study = studySchema.parse(spec);
    const made = { look, study, plan: planStudy(study, { look, gpus: this.gpus }) };
    this.#kept.set(id, made);
    return made;
  }

  forget(id: string): void {
    this.#kept.delete(id);
  }
}
