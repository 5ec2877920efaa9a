/* Choosing rows by typing (ARIA combobox): turns the text field of `components/search_select.html` into
   a search. What is chosen stands in the text field, a row on each line, which is what is sent. */
(() => {
  "use strict";

  let count = 0;

  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const fill = (pattern, text) => pattern.replace("{}", () => text);

  class SearchSelect {
    constructor(root) {
      root.dataset.searchSelect = "started";
      this.root = root;
      this.words = root.dataset;
      this.multiple = "multiple" in root.dataset;
      this.store = root.querySelector("textarea, input");
      this.options = [];
      this.active = -1;
      this.labels = new Map();
      this.makeParts();
      this.listen();
      this.showChosen();
    }

    makeParts() {
      const id = `search-select-${++count}`;
      this.list = make("ul", { id, role: "listbox", hidden: "" });
      this.status = make("div", { role: "status", class: "visually-hidden" });
      if (this.multiple) {
        this.chips = make("ul", { class: "search-select-chips unstyled" });
        this.input = make("input", { type: "text", autocomplete: "off" });
        for (const name of ["id", "aria-describedby", "aria-invalid"])
          if (this.store.hasAttribute(name)) {
            this.input.setAttribute(name, this.store.getAttribute(name));
            this.store.removeAttribute(name);
          }
        this.store.hidden = true;
        this.store.before(this.chips, this.input);
      } else {
        this.input = this.store;
      }
      this.input.setAttribute("placeholder", this.words.placeholder);
      const combobox = {
        role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id,
      };
      for (const [name, value] of Object.entries(combobox)) this.input.setAttribute(name, value);
      const label = this.input.labels[0];
      const name = label ? label.textContent.trim() : this.words.placeholder;
      this.list.setAttribute("aria-label", name);
      if (this.multiple) this.store.setAttribute("aria-label", name);
      this.input.after(this.list, this.status);
    }

    listen() {
      this.input.addEventListener("input", () => this.searchSoon());
      this.input.addEventListener("focus", () => this.multiple && this.searchSoon());
      this.input.addEventListener("click", () => this.list.hidden && this.searchSoon());
      this.input.addEventListener("keydown", (event) => this.handleKey(event));
      this.input.addEventListener("blur", () => this.close());
      // Before the blur, which would close the list under the pointer.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose(this.options[Number(option.dataset.index)]);
      });
      window.addEventListener("pageshow", () => this.showChosen());
    }

    lines() {
      return this.store.value.split("\n").map((line) => line.trim()).filter(Boolean);
    }

    searchSoon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), 150);
    }

    async search() {
      this.request?.abort();
      const request = this.request = new AbortController();
      const query = (this.multiple ? this.input.value : this.input.value.replace(/<.*/, "")).trim();
      try {
        const response = await fetch(`${this.words.url}?q=${encodeURIComponent(query)}`, {
          signal: request.signal, headers: { Accept: "application/json" },
        });
        if (!response.ok || response.redirected) throw new Error(response.status);
        this.show(query, await response.json());
      } catch (error) {
        if (error.name !== "AbortError") this.show(query, { results: [], failed: true });
      }
    }

    show(query, answer) {
      if (document.activeElement !== this.input) return;
      const chosen = this.multiple ? new Set(this.lines()) : new Set();
      this.options = answer.results.filter((option) => !chosen.has(option.text));
      const key = query.toLowerCase();
      const exists = answer.results.some((o) => [o.text, o.label].some((text) => text.toLowerCase() === key));
      if (this.words.create && query && !exists && !answer.failed && !chosen.has(query))
        this.options.push({ text: query, label: fill(this.words.create, query), note: "", isNew: true });
      this.list.replaceChildren(...this.options.map((option, index) => {
        const item = make("li", {
          role: "option", id: `${this.list.id}-${index}`, "data-index": index, "aria-selected": "false", dir: "auto",
        }, option.label);
        if (option.note) item.append(" ", make("span", { class: "muted" }, option.note));
        if (option.isNew) item.className = "search-select-create";
        return item;
      }));
      const message = answer.failed ? this.words.failed
        : answer.more ? this.words.more
        : this.options.length ? "" : this.words.none;
      if (message) this.list.append(make("li", { role: "presentation", class: "muted" }, message));
      this.status.textContent = message || fill(this.words.found, this.options.length);
      this.activate(this.options.length && query ? 0 : -1);
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
    }

    close() {
      clearTimeout(this.timer);
      this.request?.abort();
      this.list.hidden = true;
      this.activate(-1);
      this.input.setAttribute("aria-expanded", "false");
    }

    activate(index) {
      this.active = index;
      for (const item of this.list.querySelectorAll("[role=option]"))
        item.setAttribute("aria-selected", String(Number(item.dataset.index) === index));
      const current = this.list.querySelector("[aria-selected=true]");
      if (current) {
        this.input.setAttribute("aria-activedescendant", current.id);
        current.scrollIntoView({ block: "nearest" });
      } else this.input.removeAttribute("aria-activedescendant");
    }

    handleKey(event) {
      const last = this.options.length - 1;
      const isOpen = !this.list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!isOpen) this.search();
        else if (event.key === "ArrowDown") this.activate(this.active >= last ? 0 : this.active + 1);
        else this.activate(this.active <= 0 ? last : this.active - 1);
      } else if (event.key === "Enter") {
        // Enter chooses, and never sends the form from here.
        if (isOpen && this.active >= 0) this.choose(this.options[this.active]);
        if (isOpen || this.input.value) event.preventDefault();
      } else if (event.key === "Escape" && isOpen) {
        event.stopPropagation();
        this.close();
      } else if (event.key === "Backspace" && this.multiple && !this.input.value) {
        const line = this.lines().pop();
        if (line) this.remove(line);
      }
    }

    choose(option) {
      if (this.multiple) {
        if (!this.lines().includes(option.text)) this.write([...this.lines(), option.text]);
        this.labels.set(option.text, option.label);
        if (option.isNew) {
          this.labels.set(option.text, option.text);
          this.root.append(make("input", { type: "hidden", name: `${this.store.name}-new`, value: option.text }));
        }
        this.input.value = "";
        this.showChosen();
      } else {
        this.input.value = option.text;
      }
      this.status.textContent = fill(this.words.added, option.isNew ? option.text : option.label);
      this.close();
      this.store.dispatchEvent(new Event("change", { bubbles: true }));
    }

    remove(line) {
      this.write(this.lines().filter((other) => other !== line));
      for (const field of this.root.querySelectorAll(`input[name="${this.store.name}-new"]`))
        if (field.type === "hidden" && field.value === line) field.remove();
      this.showChosen();
      this.status.textContent = fill(this.words.removed, this.labelOf(line));
      this.input.focus();
      this.store.dispatchEvent(new Event("change", { bubbles: true }));
    }

    write(lines) {
      this.store.value = lines.join("\n");
    }

    labelOf(line) {
      return this.labels.get(line) || line.replace(/\s*<[^<>]*>$/, "");
    }

    showChosen() {
      if (!this.multiple) return;
      this.chips.replaceChildren(...this.lines().map((line) => {
        const chip = make("li", { class: "chip", dir: "auto", title: line }, this.labelOf(line));
        const button = make("button", {
          type: "button", class: "chip-remove", "aria-label": fill(this.words.remove, this.labelOf(line)),
        }, "×");
        button.addEventListener("click", () => this.remove(line));
        chip.append(" ", button);
        return chip;
      }));
    }
  }

  const startAll = (root) => {
    for (const element of root.querySelectorAll('[data-search-select=""]')) new SearchSelect(element);
  };
  document.addEventListener("DOMContentLoaded", () => startAll(document));
  document.addEventListener("htmx:load", (event) => startAll(event.target));
})();
