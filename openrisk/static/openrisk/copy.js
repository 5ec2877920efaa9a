/* A button with data-copy copies the text of the element of that id. Without this file the text is
   selected and copied by hand. */
(() => {
  "use strict";

  if (!navigator.clipboard) return; // only over HTTPS and on this machine
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.querySelector("span").textContent = button.dataset.copied;
    });
  }
})();
