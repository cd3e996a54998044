// What the browser does by itself: writes the address, and saves figures as images.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  page: {
    write: function (query) {
      if (query !== undefined && query !== window.location.search) {
        window.history.replaceState(window.history.state, "", window.location.pathname + query);
      }
      return window.dash_clientside.no_update;
    },
    // The figure with its title and subtitle inside, as wide as it is on the page but not narrower than a slide needs.
    image: function (svg, png, words) {
      const asked = window.dash_clientside.callback_context.triggered_id;
      const graph = document.getElementById("picture-" + words.name).querySelector(".js-plotly-plot");
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
