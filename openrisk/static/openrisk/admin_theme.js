/* One choice of theme for pages and administration. The pages keep it in a cookie, the
   administration in localStorage: this copies it in before the administration starts, and back. */
(() => {
  "use strict";

  const YEAR = 365 * 24 * 3600;
  const cookie = document.cookie.match(/(?:^|; )openrisk_theme=(\w+)/)?.[1] ?? "system";
  localStorage.setItem("adminTheme", JSON.stringify(cookie === "system" ? "auto" : cookie));

  new MutationObserver(() => {
    const stored = JSON.parse(localStorage.getItem("adminTheme") ?? '"auto"');
    const theme = stored === "auto" ? "system" : stored;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `openrisk_theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  }).observe(document.documentElement, { attributeFilter: ["class"] });
})();
