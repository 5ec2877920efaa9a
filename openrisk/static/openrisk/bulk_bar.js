/* The bar of the selection in a list: it shows with the first tick, counts, ticks all rows
   of the page and ranges (Shift). Without this script the bar is above the list. */
(() => {
  "use strict";

  const BOX = ".select-cell input[type=checkbox][form=selection]";
  const boxes = () => [...document.querySelectorAll(BOX)];
  const bar = () => document.querySelector("[data-bulk-bar]");
  let last = null;

  const count = () => {
    const panel = bar();
    if (!panel) return;
    const chosen = boxes().filter((box) => box.checked);
    const all = "selectsAll" in panel.dataset;
    panel.classList.toggle("is-open", all || chosen.length > 0);
    const head = document.querySelector("[data-select-page]");
    if (head) {
      head.checked = chosen.length > 0 && chosen.length === boxes().length;
      head.indeterminate = chosen.length > 0 && !head.checked;
    }
    const clear = panel.querySelector("[data-bulk-clear]");
    if (clear) clear.hidden = !chosen.length;
    if (all) return;
    const text = panel.querySelector("[data-bulk-count]");
    const { one, many } = text.dataset;
    text.textContent = chosen.length === 1 ? one : many.replace("{}", chosen.length);
  };

  /* One row less than all that match is a selection of its own: the rows of this page. */
  const leaveAll = () => {
    const panel = bar();
    if (!panel || !("selectsAll" in panel.dataset)) return;
    delete panel.dataset.selectsAll;
    document.querySelector('input[name=all][form=selection]')?.remove();
  };

  const addHead = () => {
    const cell = document.querySelector("thead .select-cell");
    if (!cell || cell.querySelector("input")) return;
    const head = document.createElement("input");
    head.type = "checkbox";
    head.dataset.selectPage = "";
    head.setAttribute("aria-label", cell.textContent.trim());
    cell.append(head);
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-page]")) {
      for (const box of boxes()) box.checked = event.target.checked;
      if (!event.target.checked) leaveAll();
      count();
    } else if (event.target.matches(BOX)) {
      if (!event.target.checked) leaveAll();
      count();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.matches("[data-bulk-clear]")) {
      for (const box of boxes()) box.checked = false;
      count();
      boxes()[0]?.focus();
    }
    if (!event.target.matches(BOX)) return;
    const all = boxes();
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
      for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
      count();
    }
    last = event.target;
  });

  const start = () => {
    addHead();
    count();
  };
  document.addEventListener("htmx:afterSettle", start);
  window.addEventListener("pageshow", start);
})();
