/* A list by keyboard, its dialog, its cells, and columns that are dragged. Everything
   works without this file, by links and forms. */
(() => {
  "use strict";

  // --- The dialog opens when its content has arrived.
  const dialog = document.getElementById("list-dialog");
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "list-dialog-content") return;
    dialog.setAttribute("aria-labelledby", "list-dialog-title");
    if (!dialog.open) dialog.showModal();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close-dialog]") || !dialog?.open) return;
    event.preventDefault();
    dialog.close();
  });

  // --- Cells: after saving or cancelling, the focus goes back to the cell.
  let edited = null; // the column, and whether the row is the current one
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const cell = event.detail.elt.closest("tr[data-risk] td");
    if (!cell) return;
    const isCurrent = cell.parentElement.classList.contains("is-current");
    edited = { label: cell.dataset.label, isCurrent };
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const row = event.detail.elt;
    if (!edited || !row.matches("tr[data-risk]")) return;
    if (dialog.open) dialog.close();
    row.classList.toggle("is-current", edited.isCurrent);
    for (const cell of row.cells)
      if (cell.dataset.label === edited.label) cell.querySelector("a")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.key === "Escape" && event.target.closest(".quick-edit");
    if (form && !event.defaultPrevented) form.querySelector(".quick-cancel").click();
  });

  // --- Rows by keyboard.
  const rows = () => [...document.querySelectorAll(".register-table tr:is([data-risk], [data-row])")];
  const current = () => document.querySelector(".register-table tr.is-current");
  const choose = (row) => {
    current()?.classList.remove("is-current");
    row.classList.add("is-current");
    row.querySelector(".row-link").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const all = rows();
    const at = all.indexOf(current());
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
    if (next) choose(next);
  };
  const edit = () => {
    const focused = document.activeElement.closest?.(".cell-edit");
    (focused ?? current()?.querySelector(".cell-edit"))?.click();
  };
  const select = () => {
    const box = current()?.querySelector(".select-cell input");
    if (!box) return;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };
  // The words for the help are on the dialog, in the language of the page.
  const keys = [
    ["j", "keyNext", () => move(1)],
    ["k", "keyPrevious", () => move(-1)],
    ["x", "keySelect", select],
    ["o", "keyOpen", () => current()?.querySelector(".row-link").click()],
    ["e", "keyEdit", edit],
    ["/", "keySearch", () => document.getElementById("filter-search").focus()],
    ["f", "keyFilter", () => (document.getElementById("add-filter") ?? document.querySelector("#facets a"))?.click()],
  ];
  if (dialog && window.openriskKeys)
    for (const [key, label, run] of keys)
      if (dialog.dataset[label]) window.openriskKeys.add(key, dialog.dataset[label], run);

  // --- Columns: dragged, or moved by their buttons without a request.
  const announce = (list, item) => {
    const status = list.closest("form").querySelector("[data-moved]");
    const place = [...list.children].indexOf(item) + 1;
    const words = status.dataset.text.split("{}");
    status.textContent = words[0] + item.textContent.trim() + words[1] + place + (words[2] ?? "");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sortable] button[name=move]");
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    if (button.value.startsWith("up:")) item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
    announce(item.parentElement, item);
  });
  let dragged = null;
  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-sortable] li > .icon");
    if (!grip) return;
    event.preventDefault();
    dragged = grip.closest("li");
    dragged.classList.add("is-dragged");
  });
  document.addEventListener("pointermove", (event) => {
    const over = dragged && document.elementFromPoint(event.clientX, event.clientY)?.closest("li");
    if (!over || over === dragged || over.parentElement !== dragged.parentElement) return;
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY < top + height / 2) over.before(dragged);
    else over.after(dragged);
  });
  document.addEventListener("pointerup", () => {
    if (!dragged) return;
    dragged.classList.remove("is-dragged");
    announce(dragged.parentElement, dragged);
    dragged = null;
  });
  // One parameter for all columns makes a shorter address.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(".arrange") || event.submitter?.name === "move") return;
    const boxes = [...form.querySelectorAll("[name=columns]")];
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "columns";
    field.value = boxes.filter((box) => box.checked).map((box) => box.value).join(",");
    for (const box of boxes) box.removeAttribute("name");
    form.append(field);
  });
})();
