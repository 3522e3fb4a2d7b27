import { neutral } from './palette.js';

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'.replaceAll(
  '"',
  "'",
);
const [text, soft, axis, grid] = [
  neutral.text.light,
  neutral.soft.light,
  neutral.axis.light,
  neutral.grid.light,
];

/** How every figure looks: thin axes, light grids, no frames. */
export const theme = {
  aria: false,
  background: neutral.paper.light,
  font,
  padding: 4,
  view: { stroke: null },
  axis: {
    labelColor: soft,
    titleColor: soft,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    domainColor: axis,
    tickColor: axis,
    tickSize: 4,
    gridColor: grid,
    labelPadding: 3,
    titlePadding: 8,
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false, tickCount: 4 },
  header: { labelColor: text, labelFontSize: 12, labelFontWeight: 600, titleColor: soft, labelPadding: 6 },
  legend: {
    labelColor: text,
    titleColor: soft,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    symbolStrokeWidth: 2,
    labelLimit: 400,
    orient: 'top',
  },
  title: {
    frame: 'group',
    color: text,
    fontSize: 12,
    fontWeight: 600,
    anchor: 'start',
    subtitleColor: soft,
    subtitleFontSize: 11,
  },
  line: { strokeCap: 'round', strokeJoin: 'round' },
};
