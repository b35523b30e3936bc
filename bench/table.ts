import type { Outcome, Row, Target } from './row.js';

export interface Result {
  readonly row: Row;
  readonly outcome: Outcome;
}

const heads = ['row', 'figure', 'baseline', 'ratio', 'CPU per operation', 'target', 'met?', ''];

/** Three digits that count. */
const format = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toPrecision(3));

/** The product's comes first, the baseline's after a slash. */
const formatCpu = (us: number): string => (us >= 1_000 ? `${format(us / 1_000)} ms` : `${format(us)} µs`);

const formatTarget = (target: Target | undefined): string => {
  if (!target) return '';
  if ('cpuAtMost' in target) return `CPU <= ${target.cpuAtMost}`;
  return 'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`;
};

/** Whether the target is met; undefined where nothing was measured. */
export const isMet = ({ row: { target }, outcome }: Result): boolean | undefined => {
  if ('skipped' in outcome || !target) return undefined;
  if ('cpuAtMost' in target) {
    const { cpuUs, baselineCpuUs } = outcome;
    return cpuUs === undefined || !baselineCpuUs ? undefined : cpuUs / baselineCpuUs <= target.cpuAtMost;
  }
  const judged = outcome.ratio ?? outcome.figure;
  return 'atLeast' in target ? judged >= target.atLeast : judged <= target.atMost;
};

const cellsOf = (result: Result): string[] => {
  const { row, outcome } = result;
  const target = formatTarget(row.target);
  if ('skipped' in outcome) return [row.title, '', '', '', '', target, 'not measured', outcome.skipped];
  const { figure, baseline, ratio, cpuUs, baselineCpuUs, note } = outcome;
  const withUnit = (value: number | undefined) => (value === undefined ? '' : `${format(value)} ${row.unit}`);
  return [
    row.title,
    withUnit(figure),
    withUnit(baseline),
    ratio === undefined ? '' : ratio.toFixed(2),
    [cpuUs, baselineCpuUs].flatMap((us) => (us === undefined ? [] : [formatCpu(us)])).join(' / '),
    target,
    row.target ? (isMet(result) ? 'yes' : 'no') : '',
    note ?? '',
  ];
};

/** The results as a table of Markdown, which reads well in a terminal too. */
export const formatTable = (results: readonly Result[]): string => {
  const lines = [heads, ...results.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const formatLine = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = lines;
  return [head, widths.map((width) => '-'.repeat(width)), ...body].map(formatLine).join('\n');
};
