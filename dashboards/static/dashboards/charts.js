/* Draws the table of a <figure data-chart data-table> as a chart. The table stays: the chart is for
   those who see it. Colours are those of the page, so light, dark and the organization's matrix all
   show as they should. */
(() => {
  "use strict";

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
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
      yAxisIndex: series.right ? 1 : 0,
      stack: stacked && series.level ? "levels" : undefined,
      areaStyle: stacked && series.level ? { opacity: 1, color: stroke } : undefined,
      lineStyle: { width: series.level ? 0 : 2, color: stroke ?? undefined },
      itemStyle: stroke ? { color: stroke } : undefined,
    };
  };

  const axis = (name, right) => ({
    type: "value",
    name,
    minInterval: 1,
    position: right ? "right" : "left",
    splitLine: { show: !right, lineStyle: { color: colour("--border") } },
    axisLabel: { color: colour("--muted") },
    nameTextStyle: { color: colour("--muted") },
  });

  const options = (kind, { days, series }) => {
    const stacked = kind === "levels";
    const axes = stacked ? [axis("Open risks", false), axis("Exposure", true)] : [axis("", false)];
    return {
      animation: false,
      color: [colour("--accent"), colour("--success"), colour("--cache-miss")],
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 48, right: stacked ? 56 : 16, top: 40, bottom: 28 },
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
      xAxis: {
        type: "category",
        data: days,
        boundaryGap: false,
        axisLabel: { color: colour("--muted"), hideOverlap: true },
        axisLine: { lineStyle: { color: colour("--border-strong") } },
      },
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
  addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
})();
