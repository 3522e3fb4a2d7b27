import { hundredfold, hundredfoldSd } from '../numbers.js';
import type { View } from '../view.js';
import { armWords } from '../words.js';
import type { AucSummary } from '../statistics/auc.js';
import { aucColumns, aucRows, type AucRow } from './auc.js';

/** Table 2 for a manuscript; needs the package booktabs. */
export function aucLatex(view: View, summaries: readonly AucSummary[]): string {
  const columns = aucColumns(view);
  const heads = columns.map((column) => armWords(view, column));
  const spans = view.sources.map((source) => {
    const width = columns.filter((column) => column.source === source).length;
    return `\\multicolumn{${width}}{c}{${escape(source)}}`;
  });
  const lines = [
    `% Mean AUC ± standard deviation over folds, both × 100. Highest mean of a row in bold.`,
    `\\begin{tabular}{l${'c'.repeat(columns.length)}}`,
    '\\toprule',
    `Target & ${spans.join(' & ')} \\\\`,
    ` & ${heads.join(' & ')} \\\\`,
    '\\midrule',
    ...aucRows(view, summaries).map((row) => rowOf(view, row)),
    '\\bottomrule',
    '\\end{tabular}',
  ];
  return `${lines.join('\n')}\n`;
}

function rowOf({ study }: View, { target, cells, best }: AucRow): string {
  const texts = cells.map((cell) => {
    if (cell?.mean == null) return '--';
    const sd = cell.sd === null ? '' : ` \\pm ${hundredfoldSd(cell.sd, study.protocol)}`;
    const text = `${hundredfold(cell.mean)}${sd}`;
    return cell === best ? `$\\mathbf{${text}}$` : `$${text}$`;
  });
  return `${[escape(target), ...texts].join(' & ')} \\\\`;
}

const escape = (text: string) => text.replace(/[&%$#_{}]/g, (letter) => `\\${letter}`);
