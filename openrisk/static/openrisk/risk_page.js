/* The page of a risk for paper opens the dialog of the browser that prints it. */
window.addEventListener("load", () => {
  if (document.body.classList.contains("printed")) window.print();
});
