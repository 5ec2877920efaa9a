/* Offers members while someone writes @ and a name into a comment (ARIA combobox on a text area).
   Without this script the name is written by hand; the server finds the member. */
(() => {
  "use strict";

  // An @ that begins a word, and up to three words of a name before the cursor.
  const BEGINNING = /(?:^|[^\p{L}\p{N}.+_-])@((?:[\p{L}\p{N}'’._-]+ ?){0,3})$/u;
  let count = 0;

  class MentionField {
    constructor(root) {
      root.dataset.started = "yes";
      this.words = root.dataset;
      this.area = root.querySelector("textarea");
      this.members = [];
      this.active = -1;
      this.list = document.createElement("ul");
      this.list.id = `mention-list-${++count}`;
      this.list.className = "mention-list";
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", this.words.label);
      this.status = document.createElement("div");
      this.status.className = "visually-hidden";
      this.status.setAttribute("role", "status");
      this.area.after(this.list, this.status);
      this.area.setAttribute("aria-autocomplete", "list");
      this.area.setAttribute("aria-controls", this.list.id);
      this.area.addEventListener("input", () => this.searchSoon());
      this.area.addEventListener("click", () => this.close());
      this.area.addEventListener("keydown", (event) => this.handleKey(event));
      this.area.addEventListener("blur", () => this.close());
      // Before the blur, which would close the list under the pointer.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.insert(Number(option.dataset.index));
      });
    }

    beginning() {
      const { value, selectionStart, selectionEnd } = this.area;
      if (selectionStart !== selectionEnd) return null;
      const match = BEGINNING.exec(value.slice(0, selectionStart));
      return match ? match[1] : null;
    }

    searchSoon() {
      clearTimeout(this.timer);
      const beginning = this.beginning();
      if (beginning === null) this.close();
      else this.timer = setTimeout(() => this.search(beginning), 150);
    }

    async search(beginning) {
      this.request?.abort();
      const request = this.request = new AbortController();
      try {
        const response = await fetch(`${this.words.mentions}?q=${encodeURIComponent(beginning)}`, {
          signal: request.signal, headers: { Accept: "application/json" },
        });
        if (!response.ok || response.redirected) throw new Error(response.status);
        const { members } = await response.json();
        if (this.beginning() === beginning) this.show(beginning, members);
      } catch {
        this.close(); // the name can be written by hand
      }
    }

    show(beginning, members) {
      this.written = beginning;
      this.members = members;
      if (!members.length) return this.close();
      this.list.replaceChildren(...members.map((member, index) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${index}`;
        option.dataset.index = index;
        option.setAttribute("role", "option");
        option.dir = "auto";
        option.textContent = member.name;
        if (member.name !== member.address) {
          const address = document.createElement("span");
          address.className = "muted";
          address.textContent = ` ${member.address}`;
          option.append(address);
        }
        return option;
      }));
      this.list.hidden = false;
      this.status.textContent = this.words.found.replace("{}", members.length);
      this.activate(0);
    }

    activate(index) {
      this.active = index;
      [...this.list.children].forEach((option, position) =>
        option.setAttribute("aria-selected", String(position === index)));
      const option = this.list.children[index];
      this.area.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    handleKey(event) {
      if (this.list.hidden || event.isComposing) return;
      const length = this.members.length;
      if (event.key === "ArrowDown") this.activate((this.active + 1) % length);
      else if (event.key === "ArrowUp") this.activate((this.active + length - 1) % length);
      else if (event.key === "Enter" || event.key === "Tab") this.insert(this.active);
      else if (event.key === "Escape") this.close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    insert(index) {
      const end = this.area.selectionStart;
      const text = `${this.members[index].insert} `;
      this.area.setRangeText(text, end - this.written.length, end, "end");
      this.close();
      this.area.focus();
    }

    close() {
      clearTimeout(this.timer);
      this.request?.abort();
      this.list.hidden = true;
      this.status.textContent = "";
      this.area.removeAttribute("aria-activedescendant");
    }
  }

  const start = (root) => {
    for (const field of root.querySelectorAll("[data-mentions]:not([data-started])"))
      if (field.querySelector("textarea")) new MentionField(field);
  };
  start(document);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    start(event.detail.target);
    event.detail.target.querySelector("textarea")?.focus();
  });
})();
