/* Rating by picture: a click on a cell of the matrix sets the two selects above it, and the score and
   level are shown at once. The selects are what is sent. */
(() => {
  "use strict";

  const moves = {
    ArrowUp: [1, 0],
    ArrowDown: [-1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };

  const start = (picker) => {
    picker.dataset.ratingPicker = "started";
    const [likelihood, impact] = picker.querySelectorAll("select");
    const table = picker.querySelector(".rating-matrix");
    const result = picker.querySelector("[data-result]");
    const partial = picker.querySelector("[data-partial]");
    const clear = picker.querySelector("[data-clear]");
    const buttons = [...table.querySelectorAll("button")];
    const at = (row, column) =>
      buttons.find((b) => b.dataset.likelihood === String(row) && b.dataset.impact === String(column));

    const makeReachable = (button) => {
      for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
    };

    const show = () => {
      const chosen = at(likelihood.value, impact.value);
      for (const button of buttons)
        button.parentElement.setAttribute("aria-selected", String(button === chosen));
      const label = document.createElement("span");
      label.className = `level level-${chosen ? chosen.dataset.level : "none"}`;
      if (chosen) {
        const score = document.createElement("span");
        score.className = "score";
        score.textContent = chosen.dataset.score;
        label.append(`${chosen.dataset.levelLabel} `, score);
      } else {
        label.textContent = result.dataset.none;
      }
      result.replaceChildren(label);
      const is_partial = Boolean(likelihood.value) !== Boolean(impact.value);
      const missing = likelihood.value ? partial.dataset.impact : partial.dataset.likelihood;
      partial.textContent = is_partial ? missing : "";
      picker.classList.toggle("partial", is_partial);
      // The row or column of the half that is chosen.
      for (const button of buttons)
        button.classList.toggle("near", is_partial &&
          (button.dataset.likelihood === likelihood.value || button.dataset.impact === impact.value));
      clear.hidden = !likelihood.value && !impact.value;
      makeReachable(chosen || at(likelihood.value || 1, impact.value || 1));
    };

    const choose = (row, column) => {
      likelihood.value = row;
      impact.value = column;
      for (const select of [likelihood, impact])
        select.dispatchEvent(new Event("change", { bubbles: true }));
    };

    table.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) choose(button.dataset.likelihood, button.dataset.impact);
    });
    table.addEventListener("keydown", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        choose("", "");
        return;
      }
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      const next = at(Number(button.dataset.likelihood) + move[0], Number(button.dataset.impact) + move[1]);
      if (!next) return;
      makeReachable(next);
      next.focus();
    });
    clear.addEventListener("click", () => {
      choose("", "");
      likelihood.focus();
    });
    picker.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    table.hidden = false;
    show();
  };

  const startAll = (root) => {
    for (const picker of root.querySelectorAll('[data-rating-picker=""]')) start(picker);
  };
  document.addEventListener("DOMContentLoaded", () => startAll(document));
  document.addEventListener("htmx:load", (event) => startAll(event.target));
})();
