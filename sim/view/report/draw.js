"use strict";
/* What a page of one figure and a report share: unpacking, and drawing at a size. */

function element(name, text, more = {}) {
  return Object.assign(document.createElement(name), { textContent: text ?? "", ...more });
}

/* What is packed (gzip in base64) in an element. */
async function unpacked(packed) {
  const letters = atob(packed.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/* Draws a figure so many pixels wide and high; on a narrow screen it may be higher. Gives the height. */
function drawAt(plot, figure, size, config) {
  const layout = laidOut(figure, { width: Math.floor(size.width), height: Math.floor(size.height) });
  plot.style.height = `${layout.height}px`;
  window.Plotly.react(plot, figure.data, layout, config);
  return layout.height;
}
