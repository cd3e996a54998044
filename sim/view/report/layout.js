/* How figures are laid out where there is less room than they were made for: on a phone one panel below the other, and
   names above their rows; on the first screen names in one line. */

const NARROW = 560; // pixels, below which a figure is laid out for a phone
const LOW = 0.85; // of its height, below which names have one line
const GAP = 84; // pixels between panels that were side by side
const HEADING = 16; // pixels of a line of a heading
const BOLD = 1.4; // how much wider a letter of a heading is than one of a name
const NAME = 19; // pixels of a line of a name above its row
const FREE = 0.4; // of a row, which is free above what is drawn in it
const LINE = 46; // characters of a name above its row, at most, and of the words at its other end
const TWO = 40; // pixels of a figure to a row, above which the words beside it have two lines

const axes = (layout, letter) => Object.keys(layout).filter((key) => key.startsWith(`${letter}axis`));
const axisOf = (layout, name) => layout[name.replace(/^([xy])/, "$1axis")];

function laidOut({ data, layout }, size) {
  const laid = { ...structuredClone(layout), ...size, autosize: false };
  if (size.width < NARROW) {
    const asIs = data.some(({ type }) => type === "heatmap");
    return asIs ? { ...laid, height: layout.height } : forPhones(data, laid, layout.height);
  }
  return size.height < LOW * layout.height ? inOneLine(data, laid, layout.height) : laid;
}

function inOneLine(data, layout, high) {
  const panels = panelsOf(layout, high - around(layout));
  let widest = 0;
  for (const { x, y } of panels) {
    if (y?.matches && y.ticktext && layout.height < TWO * y.ticktext.length) y.ticktext = y.ticktext.map(inShort);
    const names = y && !y.matches ? namesOf(data, layout, { x, y }) : [];
    if (!names.length) continue;
    const ticktext = names.map(({ text }) => text.replaceAll("<br>", " "));
    widest = Math.max(widest, ...ticktext.map(letters));
    Object.assign(y, { tickmode: "array", tickvals: names.map(({ at }) => at), ticktext, tickfont: { size: 11 } });
  }
  squeeze(layout, panels, high, headingsInOneLine(layout, widest));
  return { ...layout, legend: { ...layout.legend, font: { size: 11 } } };
}

/* Headings of panels in one line, and before their panel where its names are wide; gives the pixels that each saves. */
function headingsInOneLine(layout, widest) {
  const headings = (layout.annotations ?? []).filter(({ x, xanchor, yref }) => x === 0 && xanchor === "left" && yref === "paper");
  const more = Math.max(0, ...headings.map(({ text }) => text.split("<br>").length - 1));
  const before = headings.length > 1 && headings.every(({ text }) => letters(text) * BOLD < widest);
  for (const heading of headings) {
    heading.text = heading.text.replaceAll("<br>", " ");
    if (before) Object.assign(heading, { xanchor: "right", xshift: -HEADING });
  }
  return (more + before) * HEADING;
}

/* Panels become lower; what stands between them keeps its room, but for so many pixels. */
function squeeze(layout, panels, high, saved) {
  const [old, inside] = [high - around(layout), layout.height - around(layout)];
  const rows = [...new Set(panels.map((panel) => panel.high))].map((top) => panels.filter((panel) => panel.high === top));
  const gaps = rows.map(([{ low }], place) => (place + 1 < rows.length ? (low - rows[place + 1][0].high) * old - saved : 0));
  const between = sumOf(gaps);
  const share = (inside - between) / (old - between);
  let top = 1;
  rows.forEach((row, place) => {
    const bottom = top - (row[0].height * share) / inside;
    for (const panel of row) {
      moveNotes(layout, panel, [bottom, top], false);
      panel.y.domain = [bottom, top];
    }
    top = bottom - gaps[place] / inside;
  });
}

/* The words beside a row in one line: a date without what comes before it. */
const inShort = (text) => text.replaceAll("<br>", " ").replace(/ [^<]*, /, " ");
const letters = (text) => text.replace(/<[^>]+>/g, "").length;

const around = ({ margin = {} }) => (margin.t ?? 0) + (margin.b ?? 0);

/* Panels with their axes, from the top and from the left; heights in pixels. */
function panelsOf(layout, inside) {
  const panels = axes(layout, "x").map((key) => {
    const x = layout[key];
    const y = axisOf(layout, x.anchor ?? "y");
    const [low, high] = y?.domain ?? [0, 1];
    return { x, y, name: key.replace("axis", ""), left: x.domain?.[0] ?? 0, low, high, height: (high - low) * inside };
  });
  return panels.sort((one, other) => other.high - one.high || one.left - other.left);
}

function forPhones(data, layout, high) {
  const old = high - around(layout);
  const drawnIn = new Set(data.map(({ xaxis }) => xaxis ?? "x"));
  const panels = panelsOf(layout, old).filter(({ name }) => drawnIn.has(name)); // a grid may have free places
  if (panels.some(({ y }) => !y || y.overlaying)) return layout;
  const beside = panels.find(({ y }) => y.matches && y.ticktext);
  const words = beside ? wordsOf(layout, beside) : [];
  const names = panels.map((panel) => namesOf(data, layout, panel, words));
  panels.forEach((panel, place) => { panel.height = Math.max(panel.height, heightFor(names[place])); });
  const aside = new Set(panels.map(({ left }) => left)).size > 1;
  const gaps = panels.slice(1).map((panel, place) => (aside ? GAP : (panels[place].low - panel.high) * old));
  const inside = sumOf(panels.map(({ height }) => height)) + sumOf(gaps);
  let top = 0;
  panels.forEach((panel, place) => {
    const domain = [Math.max(0, 1 - (top + panel.height) / inside), 1 - top / inside];
    moveNotes(layout, panel, domain, aside);
    Object.assign(panel.y, { domain });
    if (aside) Object.assign(panel.x, { domain: [0, 1] });
    if (aside && panel.y.matches) alsoNamed(panel.y, axisOf(layout, panel.y.matches));
    if (names[place].length) nameAbove(layout, panel, names[place]);
    if (words.length && panel !== beside) nameAbove(layout, panel, words, 1);
    top += panel.height + (gaps[place] ?? 0);
  });
  const left = names.some((rows) => rows.length) ? { l: 12 } : {};
  return {
    ...layout,
    height: Math.round(inside + around(layout)),
    margin: { ...layout.margin, ...left },
    legend: { ...layout.legend, font: { size: 12 } },
  };
}

/* What stands beside rows, which comes to the end of the line of the name; its heading is above all others. */
function wordsOf(layout, { y: { ticktext, tickvals }, left }) {
  const heading = layout.annotations.find(({ xref, x }) => xref === "paper" && x === left);
  Object.assign(heading, { x: 1, text: inShort(heading.text), yshift: 2 * NAME, moved: true });
  layout.margin = { ...layout.margin, t: layout.margin.t + NAME };
  return ticktext.map((text, place) => ({ text: inShort(text), at: tickvals[place] }));
}

const sumOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

/* The names of the rows of a panel with their places, if it has rows; in lines that leave room for words beside. */
function namesOf(data, layout, { y, x }, words = []) {
  const shared = y.matches ? axisOf(layout, y.matches) : y;
  const mine = data.filter((trace) => (trace.yaxis ?? "y") === (x.anchor ?? "y"));
  const rows = mine.filter(({ orientation, type }) => orientation === "h" || type === "heatmap").flatMap((trace) => (Array.isArray(trace.y) ? trace.y : []));
  const named = rows.every((name) => typeof name === "string") ? [...new Set(rows)] : [];
  const [texts, at] = shared.ticktext ? [shared.ticktext, shared.tickvals] : [named, named.map((_, place) => place)];
  const room = (place) => LINE - letters(words[place]?.text ?? "");
  return texts.some(Boolean) ? texts.map((text, place) => ({ text: inLines(text, room(place)), at: at[place] })) : [];
}

/* A name in one line, or in two: what stands in bold first or last has one of its own. */
function inLines(text, room) {
  const one = text.replaceAll("<br>", " ");
  return letters(one) <= room ? one : one.replace(/ (<b>[^<]*<\/b>)$/, "<br>$1").replace(/^(<b>[^<]*<\/b>) /, "$1<br>");
}

function heightFor(names) {
  const lines = Math.max(...names.map(({ text }) => text.split("<br>").length), 0);
  return names.length * ((NAME * lines) / FREE);
}

/* Notes and lines that are placed by the height or the width of the whole figure go with their panel. */
function moveNotes(layout, { x, low, high, left, name }, domain, aside) {
  const scaled = (at) => domain[0] + ((at - low) / (high - low)) * (domain[1] - domain[0]);
  const [from, to] = x.domain ?? [0, 1];
  const ofPanel = (ref, at) => (ref === "paper" ? at >= from - 0.001 && at <= to + 0.001 : (ref ?? "x").split(" ")[0] === name);
  for (const note of layout.annotations ?? []) {
    if (note.yref !== "paper" || note.moved || note.y < low - 1e-3 || note.y > high + 1e-3 || !ofPanel(note.xref, note.x)) continue;
    if (note.xref === "paper" && aside && left === 0 && note.x === 1) continue; // of a panel further right
    Object.assign(note, { y: scaled(note.y), moved: true });
    if (note.xref === "paper" && aside) Object.assign(note, { x: 0, xanchor: "left", align: "left" });
  }
  for (const line of layout.shapes ?? []) {
    if (line.yref === "paper" && ofPanel(line.xref, line.x0)) Object.assign(line, { y0: scaled(low), y1: scaled(high) });
  }
}

function alsoNamed(axis, { tickmode, tickvals, ticktext, tickfont, range, autorange, type, tickformat }) {
  const known = { tickmode, tickvals, ticktext, tickfont, range, autorange, type, tickformat };
  for (const [key, value] of Object.entries(known)) if (value !== undefined) axis[key] = value;
  axis.showticklabels = true;
}

/* Names at the left (0) or the right (1), above what is drawn in their rows; the first row is on top. */
function nameAbove(layout, { name, y, x }, names, side = 0) {
  y.showticklabels = false;
  if (!y.range) y.range = [names.length - 0.5, -0.62];
  delete y.autorange;
  const notes = names.map(({ text, at }) => ({
    text, xref: `${name} domain`, x: side, xanchor: ["left", "right"][side], yref: x.anchor ?? "y", y: at - 0.5,
    yanchor: "middle", align: "left", showarrow: false, font: { size: 12 }, bgcolor: "rgba(255,255,255,0.7)", borderpad: 0,
  }));
  layout.annotations = [...(layout.annotations ?? []), ...notes];
  layout.bargap = Math.max(layout.bargap ?? 0, 0.5);
}
