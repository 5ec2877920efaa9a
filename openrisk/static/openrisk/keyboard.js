/* Keys for what people do often, shown by "?". They do nothing while someone types, and can be
   switched off in the person's menu. A page adds its own:

     openriskKeys.add("e", "Edit this risk", () => ...)

   and an element with data-key="e" is clicked by it, named in the help by data-key-label or by its
   text. A sequence is two keys with a blank: "g r". */
(() => {
  "use strict";

  const help = document.getElementById("keyboard-help");
  if (!help) return;
  const SWITCH = "openrisk-keys";
  const PATIENCE = 1200; // milliseconds for the second key of a sequence
  const isOn = () => {
    try { return localStorage.getItem(SWITCH) !== "off"; } catch { return true; }
  };
  const own = new Map(); // key -> { label, run } of the page
  window.openriskKeys = {
    add(key, label, run) { own.set(key, { label, run }); },
  };

  const marked = () => [...document.querySelectorAll("[data-key]")].filter((element) =>
    !element.disabled && !element.closest("[hidden]"));
  const labelOf = (element) => element.dataset.keyLabel || element.textContent.trim().replace(/\s+/g, " ");
  const find = (key) => {
    if (own.has(key)) return own.get(key).run;
    const element = marked().find((one) => one.dataset.key === key);
    return element && (() => element.click());
  };
  const isPrefix = (key) =>
    [...own.keys(), ...marked().map((element) => element.dataset.key)]
      .some((other) => other.startsWith(`${key} `));

  const keysOf = (key) => {
    const text = document.createDocumentFragment();
    for (const part of key.split(" ")) {
      const kbd = document.createElement("kbd");
      kbd.textContent = part;
      text.append(kbd, " ");
    }
    return text;
  };
  const openHelp = () => {
    const known = new Map([...own].map(([key, { label }]) => [key, label]));
    for (const element of marked())
      if (!known.has(element.dataset.key)) known.set(element.dataset.key, labelOf(element));
    const entries = document.createDocumentFragment();
    for (const [key, label] of known) {
      const name = document.createElement("dt");
      name.append(keysOf(key));
      const meaning = document.createElement("dd");
      meaning.textContent = label;
      entries.append(name, meaning);
    }
    help.querySelector("[data-keys]").replaceChildren(entries);
    help.showModal();
  };

  // --- The switch, in the person's menu and in the help.
  const showSwitch = () => {
    for (const button of document.querySelectorAll("[data-keys-switch]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(isOn() === (button.value === "on")));
    }
    for (const part of document.querySelectorAll("[data-keys-choice]")) part.hidden = false;
    help.classList.toggle("off", !isOn());
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keys-switch]");
    if (!button) return;
    try { localStorage.setItem(SWITCH, button.value); } catch { /* nothing is kept here */ }
    showSwitch();
  });
  for (const opener of document.querySelectorAll("[data-keys-help]")) {
    opener.hidden = false;
    opener.addEventListener("click", openHelp);
  }
  showSwitch();

  // --- Keys.
  const TYPED = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=textbox]";
  let first = "";
  let timer = 0;
  const forget = () => { clearTimeout(timer); first = ""; };
  document.addEventListener("keydown", (event) => {
    if (!isOn() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || event.repeat || event.key.length !== 1) return;
    if (event.target.closest?.(TYPED) || document.querySelector("dialog[open], [popover]:popover-open")) return forget();
    const key = first ? `${first} ${event.key}` : event.key;
    forget();
    if (key === "?") {
      event.preventDefault();
      openHelp();
      return;
    }
    const run = find(key);
    if (run) {
      event.preventDefault();
      run();
    } else if (isPrefix(key)) {
      first = key;
      timer = setTimeout(forget, PATIENCE);
    }
  });
})();
