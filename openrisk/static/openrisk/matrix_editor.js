/* Paint the levels of the matrix: by click, by dragging, or by arrow keys and digits. The selects in
   the cells are what is sent; without this script they are shown. */
(() => {
  "use strict";

  const ranks = ["low", "medium", "high", "critical"];
  const moves = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  const luminance = (colour) => {
    const [r, g, b] = [1, 3, 5]
      .map((start) => parseInt(colour.slice(start, start + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const start = (editor) => {
    const table = editor.querySelector("[data-cells]");
    const palette = editor.querySelector("[data-palette]");
    const colours = [...palette.querySelectorAll("button")];
    const problem = editor.querySelector("[data-falling]");
    const cells = new Map();
    let chosen = "high";
    let isPainting = false;

    const key = (likelihood, impact) => `${likelihood} ${impact}`;

    const label = (cell) => {
      const select = cell.select;
      cell.button.replaceChildren(select.selectedOptions[0].text, " ", cell.score);
      const text = cell.td.querySelector("label").textContent.trim();
      cell.button.setAttribute("aria-label", `${text}: ${select.selectedOptions[0].text}`);
      cell.td.className = `level-${select.value}`;
    };

    const markFalling = () => {
      const falling = [];
      for (const cell of cells.values()) {
        const rank = ranks.indexOf(cell.select.value);
        const falls = [[cell.likelihood - 1, cell.impact], [cell.likelihood, cell.impact - 1]]
          .map(([likelihood, impact]) => cells.get(key(likelihood, impact)))
          .some((lower) => lower && ranks.indexOf(lower.select.value) > rank);
        cell.td.classList.toggle("falls", falls);
        if (falls) falling.push(`${cell.likelihood} x ${cell.impact}`);
      }
      const text = falling.length ? `${problem.dataset.falling} ${falling.sort().join(", ")}` : "";
      if (problem.textContent !== text) problem.textContent = text;
    };

    const paint = (cell, level) => {
      if (cell.select.value === level) return;
      cell.select.value = level;
      cell.select.dispatchEvent(new Event("change", { bubbles: true }));
      label(cell);
      markFalling();
    };

    const choose = (level) => {
      chosen = level;
      for (const button of colours) {
        const isChosen = button.dataset.level === level;
        button.setAttribute("aria-checked", String(isChosen));
        button.tabIndex = isChosen ? 0 : -1;
      }
    };

    const reach = (cell) => {
      for (const other of cells.values()) other.button.tabIndex = other === cell ? 0 : -1;
    };

    for (const td of table.querySelectorAll("td[data-likelihood]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1;
      const score = td.querySelector(".score").cloneNode(true);
      const cell = {
        td, button, score,
        select: td.querySelector("select"),
        likelihood: Number(td.dataset.likelihood),
        impact: Number(td.dataset.impact),
      };
      td.append(button);
      cells.set(key(cell.likelihood, cell.impact), cell);
      label(cell);

      button.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        isPainting = true;
        button.releasePointerCapture(event.pointerId);
        paint(cell, chosen);
      });
      button.addEventListener("click", () => {
        reach(cell);
        paint(cell, chosen);
      });
      button.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const level = ranks[Number(event.key) - 1];
        const move = moves[event.key];
        if (level) {
          choose(level);
          paint(cell, level);
        } else if (move) {
          const next = cells.get(key(cell.likelihood + move[0], cell.impact + move[1]));
          if (next) {
            reach(next);
            next.button.focus();
          }
        } else return;
        event.preventDefault();
        event.stopPropagation();
      });
    }

    // A finger stays with the button where it went down: look what is below it.
    table.addEventListener("pointermove", (event) => {
      if (!isPainting) return;
      const td = document.elementFromPoint(event.clientX, event.clientY)?.closest("td[data-likelihood]");
      const cell = td && cells.get(key(td.dataset.likelihood, td.dataset.impact));
      if (cell) paint(cell, chosen);
    });
    for (const name of ["pointerup", "pointercancel"])
      document.addEventListener(name, () => { isPainting = false; });

    palette.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) choose(button.dataset.level);
    });
    palette.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = colours[(ranks.indexOf(chosen) + step + colours.length) % colours.length];
      choose(next.dataset.level);
      next.focus();
    });

    const showColour = (input) => {
      const level = input.name.replace("colour_", "");
      const light = luminance(input.value);
      const root = document.documentElement.style;
      root.setProperty(`--${level}`, input.value);
      root.setProperty(`--${level}-text`, (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? "#000" : "#fff");
    };
    for (const input of editor.querySelectorAll("input[type=color]")) {
      if (/^#[0-9a-f]{6}$/i.test(input.value)) showColour(input);
      input.addEventListener("input", () => showColour(input));
    }
    editor.addEventListener("input", (event) => {
      const shown = table.querySelector(`[data-label="${event.target.name}"]`);
      if (shown) shown.textContent = event.target.value;
    });

    table.classList.add("painting");
    palette.hidden = false;
    editor.querySelector("[data-hint]").hidden = false;
    choose(chosen);
    reach(cells.get(key(1, 1)));
    markFalling();
    document.getElementById("preview")?.scrollIntoView({ block: "start" });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const editor of document.querySelectorAll("[data-matrix-editor]")) start(editor);
  });
})();
