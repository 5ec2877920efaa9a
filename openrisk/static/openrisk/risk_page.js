/* The button that prints the page of a risk. */
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.closest("details").open = false;
      window.print();
    });
  }
});
