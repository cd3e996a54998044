// What the browser does by itself: reads and writes the address, saves figures as images, says what went wrong.
(function () {
"use strict";

let written; // the address of what the page shows

window.dash_clientside = Object.assign({}, window.dash_clientside, {
  page: {
    address: function () {
      return { search: window.location.search, write: "replaceState" };
    },
    // What is opened at first gets its whole address; each other view a new one, so that Back shows the view before.
    // What is typed into the form of a what-if changes the address in its place. A page that Back opened is written
    // only when something is chosen on it: by then it may have been overtaken by the next one.
    write: function (query, opened) {
      const triggered = window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);
      if (triggered.includes("opened.data")) {
        put(opened.search, opened.write);
        written = opened.search;
      }
      if (triggered.includes("query.data") && query !== written) {
        put(query, view(query) === view(window.location.search) ? "replaceState" : "pushState");
        written = query;
      }
      return window.dash_clientside.no_update;
    },
    // The form is read again if what was read is not what it holds.
    again: function (read, held) {
      return JSON.stringify(read) === JSON.stringify(held) ? window.dash_clientside.no_update : Date.now();
    },
    copy: function (_clicks, code) {
      return window.navigator.clipboard.writeText(code).then(() => "Copied", () => "Copy it by hand");
    },
    turn: function (clicks) {
      return clicks.some(Boolean) ? window.dash_clientside.callback_context.triggered_id.turn : window.dash_clientside.no_update;
    },
    // Shows the numbers with words that begin as those wanted, in the order of `sim show`, and says how many.
    search: function (wanted, numbers) {
      const body = document.getElementById("numbers");
      if (body.numbers !== numbers) {
        body.all = numbers.map((number) => ({ name: number[0], text: number.join(" "), row: rowOf(number) }));
        body.numbers = numbers;
      }
      const words = (wanted || "").toLowerCase().split(/\s+/).filter(Boolean);
      const has = (text) => words.every((word) => begins(text.toLowerCase(), word));
      const rank = ({ name }) => words.length && 2 * !has(name) + name.endsWith("at most");
      const found = body.all.filter(({ text }) => has(text)).sort((one, other) => rank(one) - rank(other));
      body.replaceChildren(...found.map(({ row }) => row));
      return found.length ? found.length + " of " + numbers.length + " numbers" : "No number has all of these words: " +
        "try one of them, or what it is about, such as people, work, chance or time";
    },
    // The figure with its title and subtitle inside, as wide as it is on the page but not narrower than a slide needs.
    image: function (svg, png, words) {
      const asked = window.dash_clientside.callback_context.triggered_id;
      const graph = document.getElementById("figure-" + words.name).querySelector(".js-plotly-plot");
      if (asked && (svg || png) && graph) {
        const layout = Object.assign({}, graph.layout, words.layout);
        const width = Math.max(graph.clientWidth, 900);
        window.Plotly.downloadImage(
          { data: graph.data, layout: Object.assign(layout, { width: width }) },
          { format: asked.part, width: width, height: words.layout.height, scale: asked.part === "png" ? 2 : 1, filename: words.name }
        );
      }
      return window.dash_clientside.no_update;
    },
  },
});

// How the slider of a what-if writes its value.
window.dashMantineFunctions = { percent: (value) => (value > 0 ? "+" : "") + value + "%" };

// Whether a word of a text begins like this: "legal" is in "staffing.legal" and not in "illegal".
function begins(text, word) {
  const before = /^[\p{L}\p{N}]/u.test(word) ? "(^|[^\\p{L}\\p{N}])" : "";
  return new RegExp(before + word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "u").test(text);
}

// The row of a number; its source may have an address.
function rowOf([name, place, value, basis, reason, address, used]) {
  const row = document.createElement("tr");
  row.append(part("th", name, part("small", place)), part("td", value), part("td", basis), part("td", reason), part("td", used));
  if (/^https?:/.test(address)) {
    row.cells[3].append(" ", Object.assign(part("a", address), { href: address, target: "_blank", rel: "noopener noreferrer" }));
  }
  row.cells[0].scope = "row";
  return row;
}

function part(kind, ...content) {
  const made = document.createElement(kind);
  made.append(...content);
  return made;
}

function put(query, write) {
  if (write && typeof query === "string" && query !== window.location.search) {
    window.history[write](null, "", window.location.pathname + query);
  }
}

function view(query) {
  const parts = [...new URLSearchParams(query)].filter(([name]) => !name.startsWith("if."));
  return new URLSearchParams(parts).toString();
}

window.addEventListener("popstate", () => {
  window.dash_clientside.set_props("address", { data: { search: window.location.search, at: Date.now() } });
});

// An answer that does not come, or is a refusal, is told: Dash itself only writes it into the console.
const ask = window.fetch;
let silent = false;

window.fetch = async function (resource, options) {
  const callback = String(resource.url || resource).includes("_dash-update-component");
  try {
    const response = await ask.call(window, resource, options);
    if (callback && !response.ok) {
      tell((await response.clone().text()).trim() || "The dashboard answered " + response.status + ".");
    } else if (callback && silent) {
      silent = false;
      tell("");
    }
    return response;
  } catch (error) {
    if (callback) {
      silent = true;
      tell("The dashboard does not answer. What the page shows stays; nothing new can be asked until `sim dashboard` runs again.");
    }
    throw error;
  }
};

function tell(line) {
  const said = { namespace: "dash_html_components", type: "Div", props: { children: line, className: "message trouble" } };
  window.dash_clientside.set_props("trouble", { children: line ? [said] : [] });
}
})();
