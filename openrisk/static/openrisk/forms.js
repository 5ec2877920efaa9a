/* A form is sent once: its buttons rest until the answer is there. The server takes it once anyway. */
(() => {
  "use strict";

  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[data-rests]")) {
      button.disabled = false;
      delete button.dataset.rests;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Afterwards, since a button that is disabled now would not send its name and value.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button:not(:disabled)")) {
        button.dataset.rests = "yes";
        button.disabled = true;
      }
    });
  });

  // Whoever goes back finds the page as it was left.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) release(form);
  });
})();
