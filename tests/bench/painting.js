// Notes when a page was last clicked, painted and settled, in milliseconds of the page's own clock.
// Painted: text or an element of the page's main part changed, or something was drawn on a canvas (charts and tables).
// What stands inside a canvas is read to those who do not see it, a moment later, and is never painted.
(() => {
  const seen = { acted: 0, painted: 0, ended: 0, busy: false };
  window.__seen = seen;
  const note = () => { seen.painted = performance.now(); };
  const pen = CanvasRenderingContext2D.prototype;
  for (const name of ["clearRect", "fillRect", "fill", "stroke", "fillText", "drawImage"]) {
    const own = pen[name];
    pen[name] = function (...given) { note(); return own.apply(this, given); };
  }
  addEventListener("click", (event) => { seen.acted = event.timeStamp; }, true);
  new MutationObserver((changes) => {
    for (const change of changes) {
      const element = change.target.nodeType === 1 ? change.target : change.target.parentElement;
      if (change.type === "attributes") {
        if (change.attributeName === "data-test-script-state") {
          seen.busy = element.getAttribute("data-test-script-state") === "running";
          if (!seen.busy) seen.ended = performance.now();
        } else if (element.closest("svg")) note();
      } else if (element?.closest('[data-testid="stMain"]') && !element.closest("canvas")) note();
    }
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ["data-test-script-state", "d", "transform", "x", "y", "width", "height"],
  });
})();
