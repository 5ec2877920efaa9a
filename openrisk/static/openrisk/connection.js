/* Shows a message when a part of the page could not be loaded, with a button to try again. What was
   typed stays in the form, since htmx replaces nothing then. */
(() => {
  "use strict";

  const reasons = {
    "htmx:sendError": () => "The server cannot be reached. Check your connection.",
    "htmx:timeout": () => "The server did not answer in time.",
    "htmx:responseError": (xhr) => `The server answered with an error (${xhr.status}).`,
  };
  const note = document.createElement("div");
  note.className = "message error";
  note.setAttribute("role", "alert");

  const retry = (element) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () =>
      htmx.trigger(element, element.tagName === "FORM" ? "submit" : "click"));
    return button;
  };

  const show = (reason, element) => {
    const text = document.createElement("p");
    text.textContent = `${reason} The page was not refreshed; what you typed is still here.`;
    note.replaceChildren(text, retry(element));
    document.querySelector(".messages").append(note);
  };

  for (const [name, reason] of Object.entries(reasons))
    document.body.addEventListener(name, (event) =>
      show(reason(event.detail.xhr), event.detail.elt));
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) note.remove();
  });
})();
