/* The form of a scheduled report shows the fields that its frequency needs. Without this it shows
   all of them, and the server reads those that count. */
(() => {
  "use strict";

  for (const form of document.querySelectorAll("[data-schedule-form]")) {
    const frequency = form.elements.namedItem("frequency");
    const preview = form.querySelector("button[value=preview]");
    const show = () => {
      for (const part of form.querySelectorAll("[data-for]")) {
        part.hidden = !part.dataset.for.split(" ").includes(frequency.value);
      }
    };
    frequency.addEventListener("change", show);
    show();
    if (preview && window.htmx) preview.parentElement.hidden = true;
  }
})();
