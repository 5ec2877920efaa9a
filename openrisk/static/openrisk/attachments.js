/* Files are dropped on a form, or sent as soon as they are chosen. What is too large is said before
   it is sent. Without this script the form is sent by its button. */
(() => {
  "use strict";

  const problemOf = (form, input) => {
    const files = [...input.files];
    const large = files.find((file) => file.size > Number(input.dataset.largest));
    if (large) return form.dataset.tooLarge.replace("{}", large.name);
    const together = files.reduce((sum, file) => sum + file.size, 0);
    return together > Number(input.dataset.together) ? form.dataset.tooMuch : "";
  };

  for (const form of document.querySelectorAll("form[data-drop]")) {
    if (form.dataset.ready) continue;
    form.dataset.ready = "yes";
    const input = form.querySelector("input[type=file]");
    const problem = form.querySelector("[data-problem]");
    const zone = form.closest("[data-files]") ?? form;
    problem.setAttribute("role", "alert");
    let depth = 0;

    const check = () => {
      const text = problemOf(form, input);
      problem.textContent = text;
      problem.hidden = !text;
      return !text;
    };
    // A form with more fields waits for its button.
    if (!("keep" in form.dataset)) {
      form.querySelector("button").hidden = true;
      form.querySelector(".help-text").prepend(`${form.dataset.atOnce} `);
    }
    const take = () => {
      if (input.files.length && check() && !("keep" in form.dataset)) form.requestSubmit();
    };
    const mark = (change) => {
      depth = Math.max(0, depth + change);
      zone.classList.toggle("dropping", depth > 0);
    };
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

    input.addEventListener("change", take);
    form.addEventListener("submit", (event) => {
      if (!check()) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    }, true);
    zone.addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
    zone.addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
    zone.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    zone.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      mark(0);
      input.files = event.dataTransfer.files;
      take();
    });
  }
})();
