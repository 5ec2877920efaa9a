/* Keys of a queue: each presses the link or button that names it. None works while someone types. */
(() => {
  "use strict";

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return;
    if (event.defaultPrevented || event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!control || control.disabled) return;
    event.preventDefault();
    control.click();
  });
})();
