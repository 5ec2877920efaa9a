/* Draws the table of a <figure data-chart data-table> as a chart. The table stays: the chart is for
   those who see it. Colours are those of the page, so light, dark and the organization's matrix all
   show as they should. */
(() => {
  "use strict";

  // A token may name a colour for each scheme; the probe has the one that is shown.
  const probe = document.body.appendChild(document.createElement("i"));
  probe.hidden = true;
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const number = (cell) => Number(cell.textContent.replace(/[^\d.-]/g, ""));

  const read = (table) => {
    const rows = [...table.tBodies[0].rows];
    return {
      days: rows.map((row) => row.cells[0].textContent),
      series: [...table.tHead.rows[0].cells].slice(1).map((head, index) => ({
        name: head.textContent,
        level: head.dataset.level,
        right: head.dataset.axis === "right",
        data: rows.map((row) => number(row.cells[index + 1])),
      })),
    };
  };

  const line = (series, stacked) => {
    const stroke = series.level ? colour(`--${series.level}`) : series.right ? colour("--text") : null;
    return {
      name: series.name,
      type: "line",
      data: series.data,
      showSymbol: false,
      step: "end",
      xAxisIndex: series.right ? 1 : 0,
      yAxisIndex: series.right ? 1 : 0,
      stack: stacked && series.level ? "levels" : undefined,
      areaStyle: stacked && series.level ? { opacity: 1, color: stroke } : undefined,
      lineStyle: { width: series.level ? 0 : 2, color: stroke ?? undefined },
      itemStyle: stroke ? { color: stroke } : undefined,
    };
  };

  const axis = (name, gridIndex) => ({
    type: "value",
    name,
    gridIndex,
    minInterval: 1,
    splitNumber: gridIndex ? 2 : 5,
    splitLine: { lineStyle: { color: colour("--border") } },
    axisLabel: { color: colour("--muted") },
    nameTextStyle: { color: colour("--muted") },
  });

  const options = (kind, { days, series }) => {
    const stacked = kind === "levels";
    const axes = stacked ? [axis("Open risks", 0), axis("Exposure", 1)] : [axis("", 0)];
    const grids = stacked
      ? [{ left: 56, right: 16, top: 48, height: "46%" }, { left: 56, right: 16, bottom: 28, height: "17%" }]
      : [{ left: 48, right: 16, top: 40, bottom: 28 }];
    const dayAxis = (gridIndex) => ({
      type: "category",
      gridIndex,
      data: days,
      boundaryGap: false,
      axisLabel: { show: gridIndex === grids.length - 1, color: colour("--muted"), hideOverlap: true },
      axisLine: { lineStyle: { color: colour("--border-strong") } },
    });
    return {
      animation: false,
      color: [colour("--accent"), colour("--success"), colour("--cache-miss")],
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: grids,
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      legend: { top: 0, textStyle: { color: colour("--text") }, icon: "roundRect" },
      // Drawn by the chart itself: as HTML it would need inline styles, which the pages refuse.
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        backgroundColor: colour("--surface"),
        borderColor: colour("--border"),
        textStyle: { color: colour("--text") },
      },
      xAxis: grids.map((_, index) => dayAxis(index)),
      yAxis: axes,
      series: series.map((values) => line(values, stacked)),
    };
  };

  const charts = [];
  const draw = () => {
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      const container = figure.querySelector(".chart");
      const table = document.getElementById(figure.dataset.table);
      const chart = echarts.getInstanceByDom(container) ?? echarts.init(container, null, { renderer: "svg" });
      chart.setOption(options(figure.dataset.chart, read(table)), true);
      if (!charts.includes(chart)) charts.push(chart);
    }
  };

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.addEventListener("display-changed", draw);
  addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
})();
