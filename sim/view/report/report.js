"use strict";
/* Draws the figures of the page when they come near, all of them before printing; presents them; opens their data. */
(() => {
  const PRINT_WIDTH = 665; // of the text on A4 with the margins of report.css, in CSS pixels
  const PRINT_SCALE = 0.7; // of figures in print, where smaller letters can be read
  const PRINT_HEIGHT = 580; // at most, so that a figure fits on one page with its words
  const SLIDE_WIDTH = 900; // the least width at which a figure is laid out on a slide, before it is scaled
  const SLIDE_SCALE = 0.6; // at least: what is smaller cannot be read
  const TALL = 560; // a figure that is higher has its words beside it on a slide, and not above
  const DAY = /^\d{4}-\d\d-\d\d$/;
  const config = { ...JSON.parse(document.body.dataset.config), responsive: false }; // sizes are set here alone
  const figures = [...document.querySelectorAll("figure.picture")];
  const slides = [...document.querySelectorAll(".slide")];
  const contents = new Map(); // figure -> what was packed in it
  const drawn = new Set();
  let current = -1;
  let printing = false;

  const plotOf = (figure) => figure.querySelector(".plot");

  async function unpacked(element) {
    const letters = atob(element.textContent);
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
    element.textContent = "";
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  /* Images delay the load event of the page; one after the other they do so until all is unpacked: whoever prints the
     page as soon as it has loaded finds the figures in print. */
  let library = "";
  function holdLoad() {
    const image = new Image();
    image.onload = image.onerror = () => library || holdLoad();
    image.src = `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' id='a${performance.now()}'/>`;
  }

  async function unpack() {
    const [text] = await Promise.all([unpacked(document.getElementById("plotly")), ...figures.map(async (figure) => {
      contents.set(figure, JSON.parse(await unpacked(figure.querySelector(".packed"))));
    })]);
    library = text;
    if (document.readyState === "complete") return;
    await new Promise((loaded) => window.addEventListener("load", () => setTimeout(loaded)));
  }

  /* The library takes longer to begin than all the rest: it does so when the first figure is drawn. */
  function plotly() {
    if (!window.Plotly) document.head.append(element("script", library));
    return window.Plotly;
  }

  /* How a figure is laid out, and how it is scaled then: as wide as the page has room for; smaller in print; larger on a
     slide, whole in any case. */
  function sized(figure) {
    const high = contents.get(figure).figure.layout.height;
    const room = plotOf(figure).parentElement.getBoundingClientRect();
    if (printing) {
      const scale = Math.min(PRINT_SCALE, PRINT_HEIGHT / high);
      return { width: PRINT_WIDTH / scale, height: high, scale };
    }
    if (slides[current] !== figure) return { width: room.width, height: high, scale: 1 };
    const scale = Math.max(SLIDE_SCALE, Math.min(room.height / high, room.width / SLIDE_WIDTH));
    return { width: room.width / scale, height: room.height / scale, scale };
  }

  function draw(figure) {
    const plot = plotOf(figure);
    const { data, layout, frames } = contents.get(figure).figure;
    const { scale, ...exact } = sized(figure);
    const size = { width: Math.floor(exact.width), height: Math.floor(exact.height) };
    plot.style.height = `${size.height}px`;
    plot.style.transform = scale === 1 ? "" : `scale(${scale})`;
    plot.parentElement.style.height = printing ? `${Math.ceil(scale * size.height)}px` : "";
    if (drawn.has(figure)) {
      plotly().relayout(plot, size);
      return;
    }
    drawn.add(figure);
    plotly().newPlot(plot, { data, layout: { ...layout, ...size, autosize: false }, config, frames });
    figure.classList.add("drawn");
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "600px" });

  /* Draws every figure when it comes near; once more if it was drawn at another size. */
  function drawWhenNear() {
    for (const figure of figures) {
      near.unobserve(figure);
      near.observe(figure);
    }
  }

  /* The table behind a figure. */
  function element(name, text, more = {}) {
    return Object.assign(document.createElement(name), { textContent: text ?? "", ...more });
  }

  function showTable(figure, details) {
    if (details.querySelector("table")) return;
    const { columns, rows } = contents.get(figure).table;
    const table = document.createElement("table");
    const title = figure.querySelector("h3").textContent;
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
        line.append(element("td", cell, { className: numeric[place] ? "number" : DAY.test(cell) ? "day" : "" }));
      });
    }
    const scroll = element("div", "", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: `Data: ${title}` });
    scroll.append(table);
    details.append(scroll);
  }

  async function showFull(details) {
    const packed = details.querySelector(".packed");
    if (details.open && packed.textContent) details.querySelector("pre").textContent = await unpacked(packed);
  }

  /* A cell of a CSV file; text that a spreadsheet would compute begins with an apostrophe, as in spreadsheets.py. */
  const FORMULA = /^'*\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;
  const NUMBER = /^[-+]((\d[\d,]*\.?\d*|\.\d+)([eE][-+]?\d+)?%?)?$/;

  function quoted(cell) {
    const plain = String(cell ?? "").replace(/\r\n?/g, "\n");
    const text = typeof cell === "string" && FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function download(figure, name) {
    const { columns, rows } = contents.get(figure).table;
    const csv = [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n");
    const address = URL.createObjectURL(new Blob(["\ufeff", csv, "\r\n"], { type: "text/csv" }));
    element("a", "", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  /* Presenting: one slide fills the window, the rest of the page is not there for eyes, keys and screen readers. */
  function present(number) {
    const old = slides[current];
    current = Math.max(0, Math.min(slides.length - 1, number));
    const slide = slides[current];
    if (old && old !== slide) restore(old);
    document.documentElement.classList.add("presenting");
    document.getElementById("presenter").hidden = false;
    slide.classList.add("current");
    slide.classList.toggle("tall", contents.has(slide) && contents.get(slide).figure.layout.height > TALL);
    document.getElementById("slide-number").textContent = `${current + 1} / ${slides.length}`;
    history.replaceState(null, "", `#slide-${current + 1}`);
    slide.focus({ preventScroll: true });
    if (contents.has(slide)) draw(slide);
  }

  function restore(slide) {
    slide.classList.remove("current");
    if (contents.has(slide)) near.observe(slide);
  }

  function leave() {
    const slide = slides[current];
    document.documentElement.classList.remove("presenting");
    document.getElementById("presenter").hidden = true;
    current = -1;
    restore(slide);
    history.replaceState(null, "", slide.id ? `#${slide.id}` : location.pathname);
    window.scrollTo({ top: slide.getBoundingClientRect().top + window.scrollY - 16, behavior: "instant" });
    slide.focus({ preventScroll: true });
  }

  const STEPS = {
    ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1,
    Home: -Infinity, End: Infinity,
  };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (current < 0) {
      if (event.key === "p" || event.key === "P") present(nearest());
      return;
    }
    if (event.key === "Escape" || event.key === "p" || event.key === "P") leave();
    else if (event.key in STEPS && !(event.key === " " && event.target.closest("button"))) present(current + STEPS[event.key]);
    else return;
    event.preventDefault();
  }

  /* The slide at which somebody who reads begins to present. */
  function nearest() {
    const below = slides.findIndex((slide) => slide.getBoundingClientRect().bottom > 120);
    return below < 0 ? slides.length - 1 : below;
  }

  function fromAddress() {
    const asked = /^#slide-(\d+)$/.exec(location.hash);
    if (asked) present(Number(asked[1]) - 1);
  }

  function forPrint(begins) {
    if (printing === begins || !library) return;
    printing = begins;
    if (printing) figures.forEach(draw);
    else if (current >= 0) present(current);
    else drawWhenNear();
  }

  let width = window.innerWidth;
  function onResize() {
    if (current >= 0) present(current);
    else if (width !== window.innerWidth) drawWhenNear(); // a phone's window changes its height while it scrolls
    width = window.innerWidth;
  }

  function listen() {
    for (const figure of figures) {
      const details = figure.querySelector("details");
      details.addEventListener("toggle", () => details.open && showTable(figure, details));
      const button = details.querySelector(".download");
      button.addEventListener("click", () => download(figure, button.dataset.name));
    }
    for (const details of document.querySelectorAll("details.full")) {
      details.addEventListener("toggle", () => showFull(details));
    }
    document.addEventListener("keydown", onKey);
    document.getElementById("present").addEventListener("click", () => present(nearest()));
    document.getElementById("print").addEventListener("click", () => window.print());
    document.getElementById("leave").addEventListener("click", leave);
    for (const button of document.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => present(current + Number(button.dataset.step)));
    }
    window.addEventListener("hashchange", fromAddress);
    window.addEventListener("resize", () => requestAnimationFrame(onResize));
    window.addEventListener("beforeprint", () => forPrint(true));
    window.addEventListener("afterprint", () => forPrint(false));
    window.matchMedia("print").addEventListener("change", ({ matches }) => forPrint(matches));
  }

  listen();
  holdLoad();
  unpack().then(() => {
    drawWhenNear();
    fromAddress();
    document.documentElement.dataset.ready = "true";
    (window.requestIdleCallback ?? setTimeout)(plotly);
  });
})();
