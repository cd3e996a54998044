/* Draws the one figure of the page as wide as there is room, again where the room changes. */
(async () => {
  const config = { ...JSON.parse(document.body.dataset.config), responsive: false };
  const plot = document.querySelector(".plot");
  const [library, text] = await Promise.all(["plotly", "figure"].map((id) => unpacked(document.getElementById(id))));
  const { figure } = JSON.parse(text);
  document.head.append(element("script", library));
  const drawn = () => drawAt(plot, figure, { width: plot.parentElement.clientWidth, height: figure.layout.height }, config);
  drawn();
  let width = window.innerWidth;
  window.addEventListener("resize", () => requestAnimationFrame(() => {
    if (width !== window.innerWidth) drawn();
    width = window.innerWidth;
  }));
  document.documentElement.dataset.ready = "true";
})();
