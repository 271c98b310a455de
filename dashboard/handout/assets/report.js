(() => {
  const PAPER = { width: 695, tallest: 620 }, LEAST = 760;
  const plots = [...document.querySelectorAll('.plot')];
  const heights = new Map(plots.map(plot => [plot, parseFloat(plot.style.height)]));
  const onScreen = plot => ({ width: Math.max(plot.clientWidth, LEAST), height: heights.get(plot) });
  const onPaper = plot => ({
    width: PAPER.width, height: Math.min(heights.get(plot), PAPER.tallest),
  });
  const resize = size => plots.forEach(plot => {
    const to = size(plot);
    plot.style.height = `${to.height}px`;
    Plotly.relayout(plot, to);
  });
  const options = { displayModeBar: false, doubleClick: false };
  Promise.all(plots.map(plot => {
    const figure = document.getElementById(plot.id.replace('plot-', 'figure-'));
    const spec = JSON.parse(figure.textContent);
    Object.assign(spec.layout, onScreen(plot));
    return Plotly.newPlot(plot, spec.data, spec.layout, options);
  })).then(() => { document.documentElement.dataset.drawn = plots.length; });
  let waiting = 0, printing = false;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!printing) { resize(onScreen); } }, 100);
  });
  addEventListener('beforeprint', () => { printing = true; resize(onPaper); });
  addEventListener('afterprint', () => { printing = false; resize(onScreen); });
})();
