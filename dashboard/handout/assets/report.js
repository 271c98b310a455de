(() => {
  const PAPER = 695, LEAST = 600;
  const plots = [...document.querySelectorAll('.plot')];
  const width = plot => Math.max(plot.clientWidth, LEAST);
  const resize = to => plots.forEach(plot => Plotly.relayout(plot, { width: to(plot) }));
  const options = { displayModeBar: false, doubleClick: false };
  Promise.all(plots.map(plot => {
    const figure = document.getElementById(plot.id.replace('plot-', 'figure-'));
    const spec = JSON.parse(figure.textContent);
    spec.layout.width = width(plot);
    return Plotly.newPlot(plot, spec.data, spec.layout, options);
  })).then(() => { document.documentElement.dataset.drawn = plots.length; });
  let waiting = 0, printing = false;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!printing) { resize(width); } }, 100);
  });
  addEventListener('beforeprint', () => { printing = true; resize(() => PAPER); });
  addEventListener('afterprint', () => { printing = false; resize(width); });
})();
