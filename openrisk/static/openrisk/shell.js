/* The shell: menus, dialogs, toasts, and the look of pages without a request. Everything works
   without this file, by links and forms. */
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");

  // --- Menus close on a click elsewhere and on Escape, which gives the focus back.
  const close = (menu) => { menu.open = false; };
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) close(menu);
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (!menu) return;
    close(menu);
    menu.querySelector("summary").focus();
  });

  // --- A field with data-filter hides the neighbours that do not contain what is typed.
  document.addEventListener("input", (event) => {
    const { filter } = event.target.dataset;
    if (!filter) return;
    const words = event.target.value.toLowerCase();
    for (const row of event.target.parentElement.querySelectorAll(filter))
      row.hidden = !row.textContent.toLowerCase().includes(words);
  });

  // --- Dialogs: a link with data-dialog opens the dialog of that id instead of its page.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.showModal();
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches("dialog.dialog")) event.target.close(); // the backdrop
  });

  // --- Toasts: successes go by themselves unless they offer something, or someone is reading them.
  const SHOWN = 8000;
  const prepare = (toast) => {
    const button = toast.querySelector("[data-close]");
    if (!button || !button.hidden) return;
    button.hidden = false;
    button.addEventListener("click", () => toast.remove());
    if (!toast.matches(".success") || toast.querySelector("a, form")) return;
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, SHOWN);
      else toast.remove();
    };
    setTimeout(leave, SHOWN);
  };
  const toasts = document.querySelector(".messages");
  if (toasts) {
    toasts.querySelectorAll(".message").forEach(prepare);
    new MutationObserver(() => toasts.querySelectorAll(".message").forEach(prepare))
      .observe(toasts, { childList: true });
  }

  // --- What scrolls sideways can be scrolled by keyboard in every browser.
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
  const makeScrollable = () => {
    for (const region of document.querySelectorAll(".scrollable, .tabs"))
      if (region.scrollWidth > region.clientWidth && !region.querySelector(FOCUSABLE))
        region.tabIndex = 0;
  };
  makeScrollable();
  window.addEventListener("resize", makeScrollable);
  document.addEventListener("htmx:afterSettle", makeScrollable);

  // --- The look: the cookie that the form would set, and the attribute that the page would have.
  const YEAR = 365 * 24 * 3600;
  document.addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (!form.matches("[data-display]") || !button) return;
    event.preventDefault();
    event.stopPropagation(); // or the form would count as sent
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie =
      `openrisk_${button.name}=${button.value}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
    if (button.name === "theme" && button.value === "system") root.removeAttribute("data-theme");
    else root.setAttribute(`data-${button.name}`, button.value);
    if (button.name === "side-bar")
      button.value = button.value === "collapsed" ? "expanded" : "collapsed";
    else
      for (const other of button.parentElement.children)
        other.setAttribute("aria-pressed", String(other === button));
    document.dispatchEvent(new CustomEvent("display-changed"));
  }, true);
})();
