/* A form is sent once: its buttons are disabled until the answer arrives. The server accepts it once
   anyway. */
(() => {
  "use strict";

  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[data-sending]")) {
      button.disabled = false;
      delete button.dataset.sending;
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
    // Later, since a button that is disabled now would not send its name and value.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button:not(:disabled)")) {
        button.dataset.sending = "yes";
        button.disabled = true;
      }
    });
  });

  // The browser may show the old page again after "Back": enable its buttons.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) release(form);
  });
})();
