"use strict";
// Values under the pointer. One set of listeners serves every figure of the page,
// those that come later too.
(() => {
  const svgNS = "http://www.w3.org/2000/svg";
  const known = new WeakMap(); // svg → its data

  const digits = v => Math.abs(v) >= 999.5
    ? Math.round(v).toLocaleString("en-US")
    : String(Number(v.toPrecision(3)));
  const clock = v => {
    if (v > 0 && v < 10 && v !== Math.trunc(v)) return v.toFixed(1) + " s";
    const s = Math.round(Math.max(v, 0)), two = n => String(n).padStart(2, "0");
    const rest = two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
    if (s >= 86400) return Math.floor(s / 86400) + " d " + Math.floor(s / 3600) % 24 + ":" + rest;
    return s >= 3600 ? Math.floor(s / 3600) + ":" + rest : Math.floor(s / 60) + ":" + two(s % 60);
  };
  const text = (unit, v) => {
    if (v === null || v === undefined) return "–";
    switch (unit) {
      case "ms":
        if (v !== 0 && Math.abs(v) < 0.9995) return digits(v * 1e3) + " µs";
        return Math.abs(v) < 999.5 ? digits(v) + " ms" : digits(v / 1e3) + " s";
      case "clock": return clock(v);
      case "/s": return digits(v) + "/s";
      case "share": return digits(v * 100) + " %";
      case "percentile": return String(Math.round(v * 1e8) / 1e8) + " %";
      case "B":
        for (const u of [" B", " kB", " MB", " GB"]) {
          if (Math.abs(v) < 999.5) return digits(v) + u;
          v /= 1e3;
        }
        return digits(v) + " TB";
    }
    return digits(v);
  };

  const nines = p => -Math.log10(1 - Math.min(p, 100 - 1e-10) / 100);
  const place = (a, v) => {
    let at = (v - a.min) / (a.max - a.min);
    if (a.scale === 1) at = Math.log(Math.max(v, a.min) / a.min) / Math.log(a.max / a.min);
    if (a.scale === 2) at = nines(v) / nines(a.max);
    return Math.min(Math.max(at, 0), 1);
  };

  const dataOf = svg => {
    if (!known.has(svg)) {
      const data = JSON.parse(svg.dataset.chart);
      data.series.forEach((s, i) => { s.x ??= data.series[i - 1].x; });
      known.set(svg, data);
    }
    return known.get(svg);
  };

  // nearest returns the index of the point of xs that lies closest to a share of
  // the width.
  const nearest = (axis, xs, share) => {
    let low = 0, high = xs.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (place(axis, xs[middle]) < share) low = middle; else high = middle;
    }
    return Math.abs(place(axis, xs[low]) - share) <= Math.abs(place(axis, xs[high]) - share) ? low : high;
  };

  // stops are where the pointer halts: at lone points, where there are any.
  const stops = series => series.some(s => s.lone)
    ? [...new Set(series.flatMap(s => s.lone ? s.x : []))].sort((a, b) => a - b)
    : series[0]?.x ?? [];

  const clear = figure => figure.querySelectorAll(".cursor, .dot, .tip").forEach(e => e.remove());

  const element = (name, attributes) => {
    const e = document.createElementNS(svgNS, name);
    for (const key in attributes) e.setAttribute(key, attributes[key]);
    return e;
  };

  const hidden = (figure, i) => figure.querySelector(`.legend [data-series="${i}"]`)?.ariaPressed === "false";

  const show = (svg, share) => {
    const figure = svg.closest("figure"), data = dataOf(svg);
    clear(figure);
    const shown = data.series.map((s, i) => ({ ...s, i })).filter(s => s.x.length && !hidden(figure, s.i));
    if (!shown.length) return;
    const xs = stops(shown), x = xs[nearest(data.x, xs, share)], at = place(data.x, x);
    const column = 100 * at + "%";
    svg.append(element("line", { class: "cursor", x1: column, x2: column, y1: data.top, y2: data.top + data.height }));
    const tip = document.createElement("div");
    tip.className = "tip";
    const head = document.createElement("b");
    head.textContent = text(data.x.unit, x);
    tip.append(head);
    let under = 0;
    // A lone point says nothing of its neighbourhood, and others may have its X.
    const values = s => s.lone ? s.y.filter((y, i) => y !== null && s.x[i] === x) : [s.y[nearest(data.x, s.x, at)]];
    for (const [s, value] of shown.flatMap(s => values(s).map(y => [s, y]))) {
      const row = document.createElement("span"), name = document.createElement("span"), dot = document.createElement("i");
      row.className = s.color;
      name.append(dot, s.name);
      row.append(name, text(data.y.unit, value));
      tip.append(row);
      const stacked = svg.querySelector(`.area[data-series="${s.i}"]`) && !svg.querySelector(`.line[data-series="${s.i}"]`);
      if (value === null) continue;
      if (stacked) under += value;
      svg.append(element("circle", {
        class: "dot " + s.color, r: 3.5, cx: column,
        cy: data.top + data.height * (1 - place(data.y, stacked ? under : value)),
      }));
    }
    for (const [from, to, what] of data.bands) {
      if (what && x >= from && x <= to) {
        const note = document.createElement("em");
        note.textContent = what;
        tip.append(note);
      }
    }
    figure.append(tip);
    const room = figure.clientWidth - tip.offsetWidth;
    tip.style.left = Math.max(0, Math.min(room, at * figure.clientWidth + (at > 0.5 ? -tip.offsetWidth - 12 : 12))) + "px";
    tip.style.top = svg.getBoundingClientRect().top - figure.getBoundingClientRect().top + data.top + "px";
    svg.dataset.at = at;
  };

  const chartOf = target => target.closest?.("figure.chart svg[data-chart]");
  const follow = event => {
    const svg = chartOf(event.target);
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    show(svg, (event.clientX - box.left) / box.width);
  };
  document.addEventListener("pointermove", follow, { passive: true });
  document.addEventListener("pointerdown", follow, { passive: true });
  document.addEventListener("pointerout", event => {
    const svg = chartOf(event.target);
    if (svg && chartOf(event.relatedTarget ?? document) !== svg) clear(svg.closest("figure"));
  });
  document.addEventListener("keydown", event => {
    const svg = chartOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (svg && step) {
      const data = dataOf(svg), xs = stops(data.series.filter((_, i) => !hidden(svg.closest("figure"), i)));
      const i = nearest(data.x, xs, Number(svg.dataset.at ?? 0)) + step;
      if (i >= 0 && i < xs.length) show(svg, place(data.x, xs[i]));
      event.preventDefault();
    } else if (svg && event.key === "Escape") {
      clear(svg.closest("figure"));
    }
    if ((event.key === "Enter" || event.key === " ") && event.target.matches?.(".legend [data-series]")) {
      toggle(event.target);
      event.preventDefault();
    }
  });

  const toggle = item => {
    const on = item.ariaPressed === "false", figure = item.closest("figure");
    item.ariaPressed = String(on);
    figure.querySelectorAll(`path[data-series="${item.dataset.series}"]`).forEach(p => p.classList.toggle("hidden", !on));
    clear(figure);
  };
  document.addEventListener("click", event => {
    const item = event.target.closest?.(".legend [data-series]");
    if (item) toggle(item);
  });
  // Entries become switches only where there is a script to switch.
  const prepare = root => root.querySelectorAll(".legend [data-series]").forEach(item => {
    item.role = "button";
    item.tabIndex = 0;
    item.ariaPressed ??= "true";
  });
  prepare(document);
  new MutationObserver(changes => changes.forEach(c => c.addedNodes.forEach(n => n.querySelectorAll && prepare(n))))
    .observe(document.documentElement, { childList: true, subtree: true });
})();
