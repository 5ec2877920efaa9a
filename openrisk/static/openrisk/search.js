/* The search: Ctrl+K opens a dialog whose results the server renders. Without this file the button
   leads to the page of the search. */
(() => {
  "use strict";

  const dialog = document.getElementById("search-dialog");
  if (!dialog) return;
  const { results: address, page, recent: owner } = dialog.dataset;
  const input = dialog.querySelector("#search-input");
  const list = dialog.querySelector("#search-list");
  const notes = dialog.querySelector("#search-notes");
  const status = dialog.querySelector(".search-status");
  const DELAY = 120; // milliseconds without a key, after which a search begins

  // --- The pages opened last, in this browser only, for this person and organization only.
  const PREFIX = "openrisk-recent:";
  const MOST_RECENT = 5;
  const RECORDED = /^\/o\/[^/]+\/(risks\/R-\d+|treatment\/M-\d+|dashboards\/(?!analyst\/|new\/)[^/]+)\/$/;
  const store = {
    read() {
      try { return JSON.parse(localStorage.getItem(PREFIX + owner)) || []; } catch { return []; }
    },
    write(entries) {
      try { localStorage.setItem(PREFIX + owner, JSON.stringify(entries)); } catch { /* full, or off */ }
    },
    forgetAll(except) {
      try {
        for (const key of Object.keys(localStorage))
          if (key.startsWith(PREFIX) && !(except && key.startsWith(PREFIX + except)))
            localStorage.removeItem(key);
      } catch { /* off */ }
    },
  };
  store.forgetAll(`${owner.split("/")[0]}/`); // those of others who used this browser
  if (RECORDED.test(location.pathname)) {
    const title = document.title.replace(/ · OpenRisk$/, "");
    const others = store.read().filter((entry) => entry.url !== location.pathname);
    store.write([{ url: location.pathname, title }, ...others].slice(0, MOST_RECENT));
  }
  document.addEventListener("submit", (event) => {
    const target = event.submitter?.getAttribute("formaction") || event.target.getAttribute("action");
    if (target?.endsWith("/logout/")) store.forgetAll();
  });

  const recentGroup = () => {
    const entries = store.read().filter((entry) => entry.url !== location.pathname);
    if (!entries.length) return null;
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", "search-group-recent");
    const heading = document.createElement("p");
    heading.className = "search-heading";
    heading.id = "search-group-recent";
    heading.setAttribute("role", "presentation");
    heading.textContent = dialog.dataset.recentLabel;
    group.append(heading);
    entries.forEach(({ url, title }, index) => {
      const option = document.createElement("a");
      option.className = "search-hit";
      option.id = `search-recent-${index + 1}`;
      option.href = url;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      const text = document.createElement("span");
      text.className = "search-title";
      text.dir = "auto";
      text.textContent = title;
      option.append(text);
      group.append(option);
    });
    return group;
  };

  // --- The chosen option. The focus stays in the field.
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");
  const choose = (option) => {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const move = (step) => {
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(chosen()) + step;
    choose(all[(at + all.length) % all.length]);
  };
  const open = (option, inNewTab) => {
    if (option.tagName === "BUTTON") option.click();
    else if (inNewTab) window.open(option.href, "_blank", "noopener");
    else {
      dialog.close();
      location.assign(option.href);
    }
  };

  // --- Asking the server.
  let timer = 0;
  let running = null;
  let opensNext = null; // Enter was pressed before the results were there
  const show = (html, text) => {
    const parts = document.createElement("template");
    parts.innerHTML = html;
    notes.replaceChildren(...parts.content.querySelectorAll("[data-notes]"));
    const groups = [...parts.content.querySelectorAll("[role=group]")];
    const recent = text ? null : recentGroup();
    list.replaceChildren(...(recent ? [recent] : []), ...groups);
    const all = options();
    list.hidden = !all.length;
    input.setAttribute("aria-expanded", String(all.length > 0));
    choose(all[0]);
    status.textContent = all.length ? dialog.dataset.found.replace("{}", all.length) : dialog.dataset.none;
    dialog.classList.remove("failed");
  };
  const fail = () => {
    dialog.classList.add("failed");
    status.textContent = dialog.dataset.failed;
  };
  const search = async () => {
    running?.abort();
    const request = running = new AbortController();
    const text = input.value.trim();
    try {
      const response = await fetch(`${address}?q=${encodeURIComponent(text)}`, {
        signal: request.signal,
        headers: { "X-Requested-With": "XMLHttpRequest" },
      });
      if (response.redirected) { // the session has ended: to the login, and back to the page
        location.assign(`${page}?q=${encodeURIComponent(text)}`);
        return;
      }
      if (!response.ok) throw new Error(response.status);
      const html = await response.text();
      if (request.signal.aborted) return;
      running = null;
      show(html, text);
      const first = chosen();
      if (opensNext && first) open(first, opensNext === "tab");
      opensNext = null;
    } catch (error) {
      if (error.name === "AbortError") return;
      running = opensNext = null;
      fail();
    }
  };
  const searchSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = 0; search(); }, DELAY);
  };

  // --- Opening, typing, keys.
  const openDialog = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    search();
  };
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.key.toLowerCase() !== "k" || event.repeat) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else openDialog();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("#open-search");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openDialog();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    timer = 0;
    running?.abort();
    running = opensNext = null;
  });
  input.addEventListener("input", (event) => {
    opensNext = null;
    if (!event.isComposing) searchSoon();
  });
  input.addEventListener("compositionend", searchSoon);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const inNewTab = event.ctrlKey || event.metaKey;
      if (timer || running) opensNext = inNewTab ? "tab" : "here";
      else if (chosen()) open(chosen(), inNewTab);
    }
  });
  list.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });
})();
