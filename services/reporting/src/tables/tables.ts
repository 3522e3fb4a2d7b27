import type { Analysis } from '../findings/findings.js';
import { seedsOf, type View } from '../view.js';
import { aucFoldsTable, aucSeedsTable, aucTable, differencesTable } from './auc.js';
import { curvesByLayerTable, curvesTable, foldsTable } from './data.js';
import { provenance, provenanceTable } from './provenance.js';
import { agreementTable, gainTable, similarityTable, slopesTable } from './similarity.js';
import type { Table } from './table.js';
import { sizeTable } from './training-set-size.js';

/** Every table of the report, in full. */
export function tablesOf(view: View, analysis: Analysis): Table[] {
  return [
    foldsTable(view),
    curvesTable(view),
    curvesByLayerTable(view),
    aucTable(view, analysis.auc),
    aucFoldsTable(view),
    ...(seedsOf(view.study) > 1 ? [aucSeedsTable(view)] : []),
    ...(analysis.sizes.length > 0 ? [sizeTable(analysis.sizes)] : []),
    differencesTable([
      ...analysis.differences,
      ...analysis.strategyDifferences,
      ...analysis.probeDifferences,
    ]),
    similarityTable(view),
    agreementTable(analysis.agreements),
    gainTable(analysis.gain),
    slopesTable(analysis.slopes),
    provenanceTable(provenance(view)),
  ];
}
