/* Moves cards between the columns of the board: by dragging (mouse, touch, pen) or in a dialog that the
   link "Move" opens. Without this script the link leads to a page with the same choices. */
(() => {
  "use strict";

  const START = 6; // pixels that a mouse moves before a card is dragged
  const HOLD = 350; // milliseconds that a finger rests before a card is dragged
  const EDGE = 50; // pixels at the sides where the board scrolls

  const board = () => document.querySelector("[data-board]");
  const label = (column) => column.querySelector("h2").textContent;
  const announce = (text) => { document.getElementById("board-status").textContent = text; };

  const toast = (text, kind) => {
    const note = document.createElement("div");
    note.className = `message ${kind}`;
    note.textContent = text;
    const place = document.querySelector(".messages");
    place.replaceChildren(note);
    setTimeout(() => note.remove(), 8000);
    announce(text);
  };

  const ask = async (url, options = {}) => {
    const response = await fetch(url, { headers: { Accept: "application/json" }, ...options });
    const type = response.headers.get("Content-Type") || "";
    if (!type.startsWith("application/json")) throw new Error(String(response.status));
    return { ok: response.ok, body: await response.json() };
  };

  const address = (card) => card.querySelector("[data-move]").href;

  const post = (card, fields) => {
    const form = new FormData(document.getElementById("move-form"));
    form.set("version", card.dataset.version);
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return ask(address(card), { method: "POST", body: form });
  };

  /* Show the card in its column, and the numbers that changed with it. */
  const place = (card, to, answer) => {
    const column = document.querySelector(`[data-column="${to}"]`);
    card.dataset.version = answer.version;
    column.querySelector("[data-cards]").prepend(card);
    for (const other of document.querySelectorAll("[data-column]")) {
      const [count, exposure] = answer.columns[other.dataset.column] || [0, 0];
      other.querySelector("[data-count]").textContent = count;
      other.querySelector("[data-exposure]").textContent = exposure;
    }
    toast(answer.message, "success");
  };

  const move = async (card, to, fields = {}) => {
    card.classList.add("is-source");
    try {
      const { ok, body } = await post(card, { to, ...fields });
      if (ok) place(card, to, body);
      return ok ? null : body.reasons;
    } catch {
      return [board().dataset.failed];
    } finally {
      card.classList.remove("is-source");
    }
  };

  // --- the dialog

  const dialog = () => document.getElementById("move-dialog");

  const openDialog = async (card, to) => {
    const response = await fetch(address(card), { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const moves = page.getElementById("moves");
    if (!response.ok || !moves) {
      location.assign(address(card));
      return;
    }
    moves.classList.remove("card", "container-narrow");
    document.getElementById("move-content").replaceChildren(moves);
    dialog().showModal();
    const target = to && moves.querySelector(`[data-move-to="${to}"]`);
    (target || moves).querySelector("textarea, button")?.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-move]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    openDialog(link.closest("[data-card]"));
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("#move-dialog [data-move-to]");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    const reference = form.closest("[data-moves]").dataset.moves;
    const card = document.querySelector(`[data-card="${reference}"]`);
    const { comment, version } = Object.fromEntries(new FormData(form));
    const reasons = await move(card, form.dataset.moveTo, { comment, version });
    if (!reasons) {
      dialog().close();
      card.querySelector("[data-move]").focus();
      return;
    }
    const problem = form.closest("[data-moves]").querySelector("[data-problem]");
    problem.textContent = reasons.join(" ");
    problem.hidden = false;
  }, true);

  // --- dragging

  let drag = null;

  const columnAt = (x, y) => document.elementFromPoint(x, y)?.closest("[data-column]");

  const refusal = (column) => {
    const from = drag.card.closest("[data-column]");
    if (column === from) return "";
    const allowed = from.dataset.targets.split(" ").includes(column.dataset.column);
    if (!allowed) {
      return board().dataset.impossible.replace("{from}", label(from)).replace("{to}", label(column));
    }
    const found = drag.moves?.find((one) => one.to === column.dataset.column);
    return found ? found.reasons.join(". ") : "";
  };

  const mark = () => {
    if (!drag?.ghost) return;
    const from = drag.card.closest("[data-column]");
    for (const column of document.querySelectorAll("[data-column]")) {
      const reason = refusal(column);
      column.classList.toggle("is-refused", Boolean(reason));
      column.classList.toggle("is-allowed", !reason && column !== from);
      column.querySelector("[data-reason]").textContent = reason;
    }
  };

  const begin = (x, y) => {
    const box = drag.card.getBoundingClientRect();
    drag.offset = [x - box.left, y - box.top];
    drag.ghost = drag.card.cloneNode(true);
    drag.ghost.classList.add("board-ghost", "is-dragged");
    drag.ghost.removeAttribute("data-card");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.style.width = `${box.width}px`;
    document.body.append(drag.ghost);
    drag.card.classList.add("is-source");
    board().classList.add("is-dragging");
    announce(board().dataset.grabbed.replace("{}", drag.card.dataset.card));
    const current = drag;
    ask(address(drag.card)).then(({ ok, body }) => {
      if (ok && drag === current) {
        drag.moves = body.moves;
        mark();
      }
    }).catch(() => {});
    mark();
    follow(x, y);
  };

  const follow = (x, y) => {
    drag.ghost.style.transform = `translate(${x - drag.offset[0]}px, ${y - drag.offset[1]}px)`;
    const over = columnAt(x, y);
    for (const column of document.querySelectorAll("[data-column]"))
      column.classList.toggle("is-over", column === over);
    const area = board().getBoundingClientRect();
    if (x > area.right - EDGE) board().scrollLeft += 14;
    if (x < area.left + EDGE) board().scrollLeft -= 14;
  };

  const clear = () => {
    clearTimeout(drag?.timer);
    drag?.ghost?.remove();
    drag?.card.classList.remove("is-source");
    board()?.classList.remove("is-dragging");
    for (const column of document.querySelectorAll("[data-column]")) {
      column.classList.remove("is-refused", "is-allowed", "is-over");
      column.querySelector("[data-reason]").textContent = "";
    }
    drag = null;
  };

  const drop = async (x, y) => {
    const { card, moves } = drag;
    const column = columnAt(x, y);
    const from = card.closest("[data-column]");
    const reason = column && refusal(column);
    clear();
    if (!column || column === from) return announce(board().dataset.same);
    if (reason) return toast(reason, "warning");
    const to = column.dataset.column;
    if (moves?.find((one) => one.to === to)?.warning) return openDialog(card, to);
    const reasons = await move(card, to);
    if (reasons) toast(reasons.join(" "), "warning");
  };

  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest?.("[data-board] [data-card]");
    if (!card || event.button || event.target.closest("[data-move]")) return;
    const finger = event.pointerType === "touch";
    drag = { card, x: event.clientX, y: event.clientY, finger };
    if (finger) drag.timer = setTimeout(() => drag && begin(drag.x, drag.y), HOLD);
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const distance = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (drag.ghost) follow(event.clientX, event.clientY);
    else if (drag.finger && distance > START) clear(); // the person scrolls
    else if (!drag.finger && distance > START) begin(event.clientX, event.clientY);
  });

  // While a card is dragged, neither scroll the page nor follow the link in it.
  document.addEventListener("touchmove", (event) => {
    if (drag?.ghost) event.preventDefault();
  }, { passive: false });
  document.addEventListener("contextmenu", (event) => {
    if (drag?.finger) event.preventDefault();
  });
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("[data-board] [data-card]")) event.preventDefault();
  });

  document.addEventListener("pointerup", (event) => {
    if (!drag) return;
    if (!drag.ghost) return clear();
    // The click that ends the dragging follows no link.
    const swallow = (click) => {
      click.preventDefault();
      click.stopPropagation();
    };
    document.addEventListener("click", swallow, true);
    setTimeout(() => document.removeEventListener("click", swallow, true), 50);
    drop(event.clientX, event.clientY);
  });
  document.addEventListener("pointercancel", () => drag && clear());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) clear();
  });
})();
