/* Draws the figures of the page when they come near, those that are open before printing; presents them; opens what a
   link leads to. */
(() => {
  const PRINT_WIDTH = 665; // of the text on A4 with the margins of report.css, in CSS pixels
  const PRINT_SCALE = 0.64; // of figures in print, where smaller letters can be read
  const PRINT_HALF = 330; // of a figure that shares a page with another, and with the words of both
  const PRINT_WHOLE = 580; // at most, so that a figure fits on one page with its words
  const PRINT_FIRST = document.querySelector(".answer.long") ? 340 : 440; // of the figure that shares a page with the answer
  const PRINT_SMALL = 0.85; // of the first figure in print, which has the smallest letters: 7 points
  const SQUEEZED = 0.6; // of its height, in which any figure with axes can be read
  const NAMES_AT_ENDS = 100; // pixels of a margin at the right in which lines have their names
  const ENOUGH = 460; // pixels, above which a figure is squeezed on the page
  const SLIDE_WIDTH = 900; // the least width at which a figure is laid out on a slide, before it is scaled
  const SLIDE_SCALE = 0.6; // at least: what is smaller cannot be read
  const TALL = 560; // a figure that is higher has its words beside it on a slide, and not above
  const LEAST = 0.38; // of its height, in which the first figure can be read
  const BELOW_FIRST = 12; // pixels left free below it
  const config = { ...JSON.parse(document.body.dataset.config), responsive: false }; // sizes are set here alone
  const figures = [...document.querySelectorAll("figure.figure")];
  const slides = [...document.querySelectorAll(".slide")];
  const field = document.getElementById("wanted");
  const numbers = [...document.querySelectorAll("#numbers tbody tr")];
  const contents = new Map(); // figure -> what was packed in it
  const unfolded = []; // what was opened for a slide
  let current = -1;
  let printing = false;

  const plotOf = (figure) => figure.querySelector(".plot");
  const isFirst = (figure) => figure.closest(".opening") !== null;
  const isFolded = (figure) => figure.parentElement.closest("details:not([open])") !== null;

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

  /* How a figure is laid out, and how it is scaled then: as wide as the page has room for, the first one as high as the
     screen has, too; smaller in print; larger on a slide, whole in any case. */
  function sized(figure) {
    const high = contents.get(figure).figure.layout.height;
    const room = plotOf(figure).parentElement.getBoundingClientRect();
    if (printing) {
      const [most, least] = isFirst(figure) ? [PRINT_FIRST, PRINT_SMALL] : [PRINT_WHOLE, PRINT_SCALE];
      const part = isFirst(figure) ? PRINT_FIRST / PRINT_SMALL : PRINT_HALF / PRINT_SCALE;
      const height = squeezed(figure, part) <= part || isFirst(figure) ? Math.max(LEAST * high, Math.min(high, part)) : high;
      const scale = Math.min(least, most / height);
      return { width: PRINT_WIDTH / scale, height, scale };
    }
    if (slides[current] !== figure) {
      return { width: room.width, height: isFirst(figure) ? onScreen(room, high) : squeezed(figure, ENOUGH), scale: 1 };
    }
    const scale = Math.max(SLIDE_SCALE, Math.min(room.height / high, room.width / SLIDE_WIDTH));
    return { width: room.width / scale, height: room.height / scale, scale };
  }

  /* The height of a figure that is to take so many pixels, as far as it can. */
  function squeezed(figure, wanted) {
    const { height, yaxis, margin } = contents.get(figure).figure.layout;
    const rigid = !yaxis || yaxis.visible === false || margin?.r > NAMES_AT_ENDS; // its parts have heights of their own
    return rigid ? height : Math.max(SQUEEZED * height, Math.min(height, wanted));
  }

  function onScreen(room, high) {
    const left = window.innerHeight - (room.top + window.scrollY) - BELOW_FIRST;
    return Math.max(Math.min(high, left), LEAST * high);
  }

  function draw(figure) {
    const plot = plotOf(figure);
    const { scale, ...size } = sized(figure);
    plot.style.transform = scale === 1 ? "" : `scale(${scale})`;
    plotly();
    const height = drawAt(plot, contents.get(figure).figure, size, config);
    plot.parentElement.style.height = printing ? `${Math.ceil(scale * height)}px` : "";
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
      if (!figure.classList.contains("drawn")) plotOf(figure).style.height = `${sized(figure).height}px`;
    }
  }

  /* What is folded is opened where somebody wants to see a part of it; gives what was opened. */
  function unfold(place) {
    const opened = [];
    for (let at = place.closest("details"); at; at = at.parentElement.closest("details")) {
      if (!at.open) opened.push(at);
      at.open = true;
    }
    return opened;
  }

  /* Shows the numbers with words that begin as those wanted, in the order of `sim show`. The rows of the others stay in
     the page: print has all of them. */
  function search() {
    if (!field) return; // a page of figures alone
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => begins(text.toLowerCase(), word));
    const ranked = numbers.map((row) => {
      row.hidden = !has([...row.cells].map((cell) => cell.textContent).join(" "));
      const name = row.cells[0].firstChild.textContent.trim();
      return { row, rank: words.length && 2 * !has(name) + name.endsWith("at most") };
    }).sort((one, other) => one.rank - other.rank);
    const hits = numbers.filter((row) => !row.hidden).length;
    document.querySelector("#numbers tbody").append(...ranked.map(({ row }) => row));
    document.getElementById("found").textContent = hits || !numbers.length ? `${hits} of ${numbers.length} numbers`
      : "No number has all of these words: try one of them, or what it is about, such as people, work, chance or time";
  }

  /* Whether a word of a text begins like this: "legal" is in "staffing.legal" and not in "illegal". */
  function begins(text, word) {
    const before = /^[\p{L}\p{N}]/u.test(word) ? "(^|[^\\p{L}\\p{N}])" : "";
    return new RegExp(before + word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "u").test(text);
  }

  /* Opens what an address leads to; what the numbers are searched for is asked, or stands behind "=". */
  function lead(hash, asked) {
    const [[id, searched] = []] = new URLSearchParams(hash.slice(1));
    const wanted = searched || asked;
    const place = id && document.getElementById(id);
    if (!place) return;
    const opened = unfold(place);
    if (wanted && field) {
      field.value = wanted;
      search();
    }
    if (opened.length || wanted) place.scrollIntoView({ behavior: "instant" }); // figures on the way move it
    if (field && place.contains(field)) field.focus({ preventScroll: true });
  }

  async function showTable(figure, details) {
    if (details.querySelector("table")) return;
    const packed = details.querySelector(".packed"); // of data without a figure
    const table = packed ? JSON.parse(await unpacked(packed)) : contents.get(figure).table;
    details.append(tableOf(table, details.dataset.title ?? figure.querySelector("h3").textContent));
  }

  async function showFull(details) {
    const place = details.querySelector("pre");
    if (!details.open || place.textContent) return;
    const blocks = details.dataset.blocks.split(" ").map((number) => unpacked(document.getElementById(`block-${number}`)));
    place.textContent = (await Promise.all(blocks)).join("");
  }

  let telling = 0;
  function tell(text) {
    document.getElementById("told").textContent = text;
    clearTimeout(telling);
    telling = setTimeout(() => tell(""), 6000);
  }

  const savers = {
    csv: ({ content, stem }) => save(csvOf(content), "text/csv", `${stem}.csv`),
    copy: async ({ content }) => tell(await copyImage(content)),
    svg: async ({ content, stem }) => save([await imageOf(content, "svg")], "image/svg+xml", `${stem}.svg`),
    embed: async ({ content, stem, figure }) => {
      const form = await unpacked(document.getElementById("embed"));
      const [plotlys, own] = [document.getElementById("plotly"), figure.querySelector(".packed")].map((one) => one.textContent);
      save([embedded(form, content, plotlys, own)], "text/html", `${stem}.html`);
      tell(`Saved as ${stem}.html: a page of its own, to put into an <iframe> of another.`);
    },
  };

  function onSave(figure, kind) {
    const content = contents.get(figure);
    plotly();
    savers[kind]({ figure, content, stem: content.words.stem });
  }

  /* Presenting: one slide fills the window, the rest of the page is not there for eyes, keys and screen readers. */
  function present(number) {
    const old = slides[current];
    current = Math.max(0, Math.min(slides.length - 1, number));
    const slide = slides[current];
    if (old && old !== slide) restore(old);
    unfolded.push(...unfold(slide));
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
    while (unfolded.length) unfolded.pop().open = false;
    if (contents.has(slide)) near.observe(slide);
  }

  function leave() {
    const slide = slides[current];
    document.documentElement.classList.remove("presenting");
    document.getElementById("presenter").hidden = true;
    current = -1;
    unfolded.length = 0; // where somebody leaves they go on reading
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
    const below = slides.findIndex((slide) => !isFolded(slide) && slide.getBoundingClientRect().bottom > 120);
    return below < 0 ? slides.length - 1 : below;
  }

  function fromAddress() {
    const asked = /^#slide-(\d+)$/.exec(location.hash);
    if (asked) {
      present(Number(asked[1]) - 1);
      return;
    }
    lead(location.hash);
  }

  function forPrint(begins) {
    if (printing === begins || !library) return;
    printing = begins;
    if (printing) figures.filter((figure) => !isFolded(figure)).forEach(draw);
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
    for (const details of document.querySelectorAll("details.data")) {
      details.addEventListener("toggle", () => details.open && showTable(details.closest("figure"), details));
    }
    for (const button of document.querySelectorAll("[data-save]")) {
      button.addEventListener("click", () => onSave(button.closest("figure"), button.dataset.save));
    }
    for (const details of document.querySelectorAll("details.full")) {
      details.addEventListener("toggle", () => showFull(details));
    }
    document.addEventListener("click", ({ target }) => {
      const link = target.closest('a[href^="#"]');
      if (link) lead(link.hash, link.dataset.wanted);
    });
    field?.addEventListener("input", search);
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
  search();
  holdLoad();
  unpack().then(() => {
    drawWhenNear();
    fromAddress();
    document.documentElement.dataset.ready = "true";
    (window.requestIdleCallback ?? setTimeout)(plotly);
  });
})();
