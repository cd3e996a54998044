/* The data of figures as tables and files; figures as images and as pages of their own. */

const ISO_DAY = /^\d{4}-\d\d-\d\d$/;
const ADDRESS = /^https?:\/\/(?:www\.)?([^/\s]+)\S*$/;

function cellOf(name, cell, className) {
  const made = element(name, "", { className });
  const site = ADDRESS.exec(cell);
  if (site) made.append(element("a", site[1], { href: cell, rel: "noopener noreferrer" }));
  else made.textContent = cell ?? "";
  return made;
}

/* A table in a region that can be scrolled by keys. */
function tableOf({ columns, rows }, title) {
  const table = document.createElement("table");
  const numeric = columns.map((_, place) => rows.some((row) => typeof row[place] === "number"));
  table.append(element("caption", title));
  const head = table.createTHead().insertRow();
  columns.forEach((name, place) => {
    head.append(element("th", name, { scope: "col", className: numeric[place] ? "number" : "" }));
  });
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((cell, place) => {
      line.append(cellOf("td", cell, numeric[place] ? "number" : ISO_DAY.test(cell) ? "day" : ""));
    });
  }
  const scroll = element("div", "", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: `Data: ${title}` });
  scroll.append(table);
  return scroll;
}

/* A cell of a CSV file; text that a spreadsheet would compute begins with an apostrophe, as in spreadsheets.py. */
const FORMULA = /^'*\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;
const NUMBER = /^[-+]((\d[\d,]*\.?\d*|\.\d+)([eE][-+]?\d+)?%?)?$/;

function quoted(cell) {
  const plain = String(cell ?? "").replace(/\r\n?/g, "\n");
  const text = typeof cell === "string" && FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/* As spreadsheets.py writes it: the last line says where the data come from. */
function csvOf({ table: { columns, rows }, words }) {
  const lines = [columns, ...rows].map((row) => row.map(quoted).join(","));
  return ["\ufeff", [...lines, quoted(`# ${words.source}`)].join("\r\n"), "\r\n"];
}

function save(parts, type, name) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  element("a", "", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/* The figure with its words and its source inside, as text in the format of an image. */
const IMAGE_WIDTH = 1000;

async function imageOf({ figure: { data, layout }, whole }, format) {
  const image = { data, layout: { ...layout, ...whole, width: IMAGE_WIDTH, autosize: false } };
  const address = await window.Plotly.toImage(image, { format, width: IMAGE_WIDTH, height: whole.height, scale: format === "svg" ? 1 : 2 });
  const [, content] = address.split(/,(.*)/s);
  if (format === "svg") return new Blob([decodeURIComponent(content)], { type: "image/svg+xml" });
  return new Blob([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], { type: "image/png" });
}

/* To the clipboard; where the browser does not allow that, as a file. Gives what to tell. */
async function copyImage(content) {
  const image = imageOf(content, "png");
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
    return "Copied as an image, with its source.";
  } catch {
    save([await image], "image/png", `${content.words.stem}.png`);
    return `Saved as ${content.words.stem}.png: this browser does not copy images.`;
  }
}

/* The figure as a page of its own: the same file as of `sim report --embed`. */
const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };

function embedded(form, { words }, plotly, figure) {
  const texts = Object.entries(words).map(([name, text]) => [name, text.replace(/[&<>'"]/g, (sign) => SIGNS[sign])]);
  const filled = { ...Object.fromEntries(texts), plotly, figure };
  return form.replace(/@(\w+)@/g, (_, name) => filled[name]);
}
