// Charts are a second view of the tables: every number that is drawn is read from one.
const COLOURS = ["#005eb8", "#b35900", "#007f3b"];
const DASHES = [[], [8, 4], [2, 4]];
const HEIGHT = 260;
const LETTER = 7;
const drawn = new Map();

function numbers(table, column, rows) {
  return rows.map((row) => {
    const said = row.cells[column + 1].dataset.number;
    return said === "" ? null : Number(said);
  });
}

function headings(table, columns) {
  const cells = table.tHead.rows[0].cells;
  return columns.map((column) => cells[column + 1].textContent.trim());
}

function lines(names) {
  return names.map((label, at) => ({
    label, stroke: COLOURS[at], width: 2, dash: DASHES[at], points: { size: 6, fill: COLOURS[at] },
  }));
}

function bars(names) {
  // What is there fills the outline of what could be.
  const looks = [{ fill: "#005eb8", size: 0.35 }, { fill: "transparent", size: 0.6 }];
  return names.map((label, at) => ({
    label, stroke: COLOURS[at], width: 2, fill: looks[at].fill,
    paths: uPlot.paths.bars({ size: [looks[at].size, 80] }), points: { show: false },
  }));
}

function options(kind, names, labels, width) {
  const axis = { stroke: "#212b32", grid: { stroke: "#d8dde0" }, font: "14px arial, sans-serif" };
  const short = (at) => labels[at] ?? "";
  const x = { ...axis, grid: { show: false }, size: 40 };
  if (kind === "bars") {
    Object.assign(x, { splits: () => labels.map((_, at) => at), values: (_, at) => at.map(short) });
    // Names that would run into one another are written aslant.
    const longest = Math.max(...labels.map((label) => label.length)) * LETTER;
    const aslant = longest > (width - 80) / labels.length;
    Object.assign(x, { rotate: aslant ? 40 : 0, size: aslant ? Math.min(170, 40 + longest * 0.65) : 40 });
  } else {
    // Whole days, without the year.
    x.values = (_, at) => at.map((s) => new Date(s * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }));
    x.incrs = [86400, 172800, 604800, 1209600];
    x.space = 60;
  }
  return {
    width, height: HEIGHT + x.size - 40, series: [{ label: "" }, ...(kind === "bars" ? bars(names) : lines(names))],
    axes: [x, { ...axis, size: 56 }],
    scales: {
      x: kind === "bars" ? { time: false, range: [-0.6, labels.length - 0.4] } : { time: true },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] },
    },
    cursor: { show: false },
    legend: { live: false },
  };
}

function draw(at) {
  const table = document.getElementById(at.dataset.of);
  if (!table || !window.uPlot) return;
  const kind = at.dataset.chart;
  const columns = at.dataset.columns.split(",").map(Number);
  const all = [...table.tBodies[0].rows];
  const totals = all.filter((row) => "total" in row.dataset);
  const byDay = () => all.sort((one, other) => (one.dataset.stamp < other.dataset.stamp ? -1 : 1));
  const rows = kind === "lines" ? byDay() : totals.length ? totals : all;
  const labels = rows.map((row) => row.dataset.label ?? row.cells[0].textContent.trim());
  const xs = kind === "bars" ? rows.map((_, n) => n) : rows.map((row) => Date.parse(row.dataset.stamp) / 1000);
  at.closest("figure").hidden = rows.length === 0;
  const data = [xs, ...columns.map((column) => numbers(table, column, rows))];
  const shape = JSON.stringify([labels, columns, at.clientWidth]);
  const held = drawn.get(at.id);
  if (held?.at === at && held.shape === shape) return held.plot.setData(data);
  held?.plot.destroy();
  at.replaceChildren();
  const plot = new uPlot(options(kind, headings(table, columns), labels, at.clientWidth), data, at);
  drawn.set(at.id, { at, shape, plot });
}

function drawAll() {
  document.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll();
document.addEventListener("board-changed", drawAll);
addEventListener("resize", drawAll);
