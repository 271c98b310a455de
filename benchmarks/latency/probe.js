// Added before any script of the page: notes what is painted, when and why. Times are in ms on the
// page's own clock; an input counts from its event's timeStamp, so waiting for the page's thread
// is part of every figure.
(() => {
  const now = () => performance.now();
  const P = (window.probe = { paints: {}, inputs: {}, steps: [], shift: 0, shifted: [], frames: [], last: 0 });
  const OUTSIDE = '[data-testid="stStatusWidget"],[data-testid="stHeader"],[data-testid="stToolbar"],[data-testid="stSlider"],head';
  const KINDS = [
    ["card", ".lab-card"], ["note", ".lab-note"], ["control", ".lab-controls,.lab-bar,.lab-readout"],
    ["text", '[data-testid="stText"]'], ["page", '[data-testid="stMain"]'], // the rest: only for rest
  ];

  const paint = (kind) => {
    const at = now();
    const seen = (P.paints[kind] ??= { first: at, last: at, count: 0 });
    seen.last = P.last = at;
    seen.count += 1;
    if (kind === "chart" && P.steps.length) P.steps.at(-1).painted = at;
  };

  const watch = (root) => new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      if (!element?.closest || element.closest(OUTSIDE) || element.tagName === "INPUT") continue;
      const kind = KINDS.find(([, selector]) => element.closest(selector));
      if (kind) paint(kind[0]);
    }
  }).observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  watch(document);

  // What draws on a chart of the lab; the overlay with the crosshair is not one.
  const pen = CanvasRenderingContext2D.prototype;
  for (const name of ["stroke", "fill", "fillRect", "clearRect", "fillText", "drawImage"]) {
    const draw = pen[name];
    pen[name] = function (...given) {
      const done = draw.apply(this, given);
      if (this.canvas.className === "lab-chart" && this.canvas.isConnected) paint("chart");
      return done;
    };
  }

  for (const name of ["pointerdown", "pointermove", "pointerup"]) {
    window.addEventListener(name, (event) => { P.inputs[name] = event.timeStamp; }, { capture: true, passive: true });
  }
  // Each value the slider of the lab takes: when the hand moved there, when a chart showed it.
  window.addEventListener("input", (event) => {
    if (!event.target.matches?.(".lab-slider")) return;
    P.steps.push({ position: Number(event.target.value), moved: P.inputs.pointermove ?? event.timeStamp });
  }, { capture: true, passive: true });

  new PerformanceObserver((list) => {
    // Those after an input as well. Without a source it is inside a control of the browser's own:
    // the thumb that the hand moves.
    for (const { value, sources } of list.getEntries()) {
      if (sources.length) P.shift += value;
      for (const { node, previousRect: a, currentRect: b } of sources) {
        const name = (node?.className || node?.parentElement?.className || node?.nodeName || "?").toString();
        P.shifted.push(`${name.split(" ")[0]} (${a.x},${a.y} ${a.width}×${a.height} → ${b.x},${b.y} ${b.width}×${b.height})`);
      }
    }
  }).observe({ type: "layout-shift" });

  // Whether a chart is there, has a size and is not empty, once a frame while sampling.
  const small = new OffscreenCanvas(24, 24).getContext("2d", { willReadFrequently: true });
  const inked = (canvas) => {
    const { width, height } = canvas.getBoundingClientRect();
    if (width < 20 || height < 20) return false;
    small.clearRect(0, 0, 24, 24);
    small.drawImage(canvas, 0, 0, 24, 24);
    return small.getImageData(0, 0, 24, 24).data.some((level) => level > 0);
  };
  P.inked = () => [...document.querySelectorAll("canvas.lab-chart")].filter(inked).length;
  P.sample = (on) => {
    P.sampling = on;
    const look = () => {
      if (!P.sampling) return;
      P.frames.push(P.inked());
      requestAnimationFrame(look);
    };
    if (on) requestAnimationFrame(look);
  };

  P.reset = () => Object.assign(P, { paints: {}, inputs: {}, steps: [], shift: 0, shifted: [], frames: [] });
  P.forget = () => { P.paints = {}; }; // before the release: only what follows it counts

  // Resolves once `done()` holds, the script rests and nothing was painted for `quiet` ms; `ended`
  // says when `done()` first held.
  P.settled = (done, quiet, limit) => new Promise((resolve) => {
    const begun = now();
    let ended = null;
    const look = () => {
      const resting = document.querySelector('[data-testid="stApp"]')?.getAttribute("data-test-script-state") === "notRunning";
      const good = done();
      if (!good) ended = null;
      else ended ??= now();
      const late = now() - begun > limit;
      if (late || (good && resting && now() - Math.max(P.last, ended) > quiet)) {
        const { paints, inputs, steps, shift, shifted, frames } = P;
        resolve({ paints, inputs, steps, shift, shifted, frames, ended, late });
      } else setTimeout(look, 5);
    };
    look();
  });
})();
