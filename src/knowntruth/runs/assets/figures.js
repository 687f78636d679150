/* Draws the Plotly figures of a page: lazily, in the page's colours, for the width at hand.

   A figure is <figure class="kt-figure"> with an empty .kt-plot and its JSON in a script of type
   application/json. The library is loaded when the first figure comes near: from a file beside
   this one, or, in a report of one file, from the text of the script with id kt-plotly. */
(() => {
  const here = document.currentScript ? document.currentScript.src : "";
  const NARROW = 560;
  const NEAR = "800px 0px";
  const GAP = 0.02; /* between a drawing and its legend, as a share of the drawing's height */
  const drawn = new Set();
  let library = null;
  let printing = false;

  const load = () => {
    if (window.Plotly) return Promise.resolve();
    library ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      const inlined = document.getElementById("kt-plotly");
      if (inlined) {
        script.textContent = inlined.textContent;
        document.head.append(script);
        done();
        return;
      }
      script.src = new URL("plotly.min.js", here).href;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    return library;
  };

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const light = printing ? "-print" : "";
    return {
      ink: read(`--kt-figure-ink${light}`),
      soft: read(`--kt-figure-soft${light}`),
      grid: read(`--kt-figure-grid${light}`),
      page: read(`--kt-figure-page${light}`),
      words: printing ? {} : {
        "#787d86": read("--kt-figure-soft"),
        "#2f80c1": read("--kt-link"),
        "#008f68": read("--kt-truth-ink"),
        "#d55e00": read("--kt-wrong-ink"),
        "#aa5ca8": read("--kt-further-ink"),
      },
      font: read("--kt-sans"),
    };
  };

  /* How far above the drawing a phone's legend begins, as a share of the drawing's height: the
     names of panels and of lines stand between the two. */
  const above = (layout, size) => {
    const lines = (layout.annotations ?? [])
      .filter((note) => note.yref === "paper" && note.y > 1 - GAP && note.yanchor === "bottom")
      .map((note) => (note.text ?? "").split("<br>").length);
    if (!lines.length) return GAP;
    /* The legend and the words below the drawing take about a third of the figure. */
    return (1.4 * size * Math.max(...lines) + 4) / (0.65 * (layout.height ?? 400));
  };

  /* What the page decides about a layout: colours, fonts, margins, legend. What the figure's
     author set stays. */
  const dress = (layout, width) => {
    const c = colours();
    const narrow = width < NARROW;
    const size = narrow ? 12 : 14;
    const dressed = structuredClone(layout);
    dressed.font = { ...dressed.font, family: c.font, size, color: c.ink };
    dressed.paper_bgcolor = "rgba(0,0,0,0)";
    dressed.plot_bgcolor = "rgba(0,0,0,0)";
    dressed.autosize = true;
    delete dressed.width;
    dressed.hoverlabel = {
      bgcolor: c.page,
      bordercolor: c.soft,
      align: "left",
      ...dressed.hoverlabel,
      font: { family: c.font, size: 13, color: c.ink },
    };
    dressed.margin = narrow
      ? { l: 8, r: 12, t: 28, b: 40 }
      : { l: 12, r: 20, t: 28, b: 48 };
    dressed.legend = {
      orientation: "h",
      x: 0,
      xanchor: "left",
      y: 1 + GAP,
      yanchor: "bottom",
      ...(narrow
        ? { traceorder: layout.legend?.traceorder, y: 1 + above(layout, size) }
        : dressed.legend),
      bgcolor: "rgba(0,0,0,0)",
      font: { size: size - 1, color: c.ink },
    };
    for (const name of Object.keys(dressed)) {
      if (!/^[xy]axis\d*$/.test(name)) continue;
      const axis = dressed[name];
      const title = typeof axis.title === "string" ? { text: axis.title } : axis.title;
      dressed[name] = {
        ...axis,
        automargin: true,
        gridcolor: c.grid,
        linecolor: c.soft,
        zerolinecolor: c.soft,
        tickfont: { ...axis.tickfont, color: c.soft, size: size - 1 },
        ...(title && {
          title: { ...title, standoff: 10, font: { color: c.soft, size: size - 1 } },
        }),
        ...(narrow && name.startsWith("x") && !axis.tickvals && {
          nticks: Math.min(axis.nticks || 6, 6),
        }),
      };
    }
    for (const note of dressed.annotations ?? []) {
      const given = note.font?.size ?? size - 1;
      note.font = { ...note.font, family: c.font, size: narrow ? Math.min(given, size) : given };
      /* Small words need more contrast than the line whose colour they share. */
      const colour = note.font.color ?? c.ink;
      note.font.color = c.words[colour.toLowerCase()] ?? colour;
    }
    return dressed;
  };

  const read = (figure) => JSON.parse(figure.querySelector(".kt-plot-data").textContent);

  const draw = (figure) => {
    const box = figure.querySelector(".kt-plot");
    const { data, layout } = read(figure);
    const ours = layout.meta?.knowntruth;
    const config = { displayModeBar: false, responsive: true, scrollZoom: false };
    drawn.add(figure);
    box.dataset.ktNarrow = String(box.clientWidth < NARROW);
    return window.Plotly.newPlot(box, data, ours ? dress(layout, box.clientWidth) : layout, config)
      .then(() => figure.setAttribute("data-kt-drawn", ""));
  };

  const redraw = (figure) => {
    const box = figure.querySelector(".kt-plot");
    const { data, layout } = read(figure);
    if (!layout.meta?.knowntruth) return;
    box.dataset.ktNarrow = String(box.clientWidth < NARROW);
    window.Plotly.react(box, data, dress(layout, box.clientWidth));
  };

  const redrawAll = () => drawn.forEach(redraw);

  const start = () => {
    const figures = document.querySelectorAll(".kt-figure:has(.kt-plot-data)");
    if (!figures.length) return;

    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watch.unobserve(entry.target);
        load().then(() => draw(entry.target));
      }
    }, { rootMargin: NEAR });
    figures.forEach((figure) => watch.observe(figure));

    let theme = document.documentElement.dataset.theme;
    new MutationObserver(() => {
      if (document.documentElement.dataset.theme === theme) return;
      theme = document.documentElement.dataset.theme;
      redrawAll();
    }).observe(document.documentElement, { attributeFilter: ["data-theme"] });

    new ResizeObserver(() => {
      for (const figure of drawn) {
        const box = figure.querySelector(".kt-plot");
        if (box.dataset.ktNarrow !== String(box.clientWidth < NARROW)) redraw(figure);
      }
    }).observe(document.body);

    /* A printed page has every figure, on white, whether or not the reader had scrolled to it. */
    addEventListener("beforeprint", () => {
      printing = true;
      if (window.Plotly) figures.forEach((figure) => (drawn.has(figure) ? redraw : draw)(figure));
    });
    addEventListener("afterprint", () => {
      printing = false;
      redrawAll();
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
