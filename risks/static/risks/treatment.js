/* Actions are put in order by dragging; the arrows beside them do the same without a script. */
(() => {
  "use strict";

  const list = () => document.querySelector("[data-order-form]");
  let dragged = null;

  const prepare = () => {
    for (const item of list()?.children ?? []) item.draggable = true;
  };

  document.addEventListener("dragstart", (event) => {
    const item = event.target.closest?.("[data-order-form] > li");
    if (!item) return;
    dragged = item;
    item.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.id);
  });

  document.addEventListener("dragover", (event) => {
    const item = event.target.closest?.("[data-order-form] > li");
    if (!dragged || !item || item === dragged) return;
    event.preventDefault();
    for (const other of list().children) other.classList.toggle("target", other === item);
  });

  document.addEventListener("drop", (event) => {
    const item = event.target.closest?.("[data-order-form] > li");
    if (!dragged || !item || item === dragged) return;
    event.preventDefault();
    const items = [...list().children];
    if (items.indexOf(dragged) < items.indexOf(item)) item.after(dragged);
    else item.before(dragged);
    const form = document.getElementById(list().dataset.orderForm);
    form.elements.order.value = [...list().children].map((each) => each.dataset.id).join(",");
    form.requestSubmit();
  });

  document.addEventListener("dragend", () => {
    for (const item of list()?.children ?? []) item.classList.remove("dragged", "target");
    dragged = null;
  });

  document.addEventListener("htmx:afterSwap", prepare);
  prepare();
})();
