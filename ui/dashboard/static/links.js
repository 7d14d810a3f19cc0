// Links inside the dashboard change the page without loading it anew. Without this file they still work.
(() => {
  if (window.governLinks) return;
  window.governLinks = true;
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-go]") : null;
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
    if (!link || elsewhere || event.defaultPrevented || link.origin !== location.origin) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  });

  // A copied link leads to its page also when one has to sign in first: the provider sends everybody back to "/".
  const WANTED = "govern:wanted";
  addEventListener("pagehide", () => {
    const asked = document.querySelector("[data-sign-in]");
    if (asked) sessionStorage.setItem(WANTED, location.pathname + location.search);
  });
  const wanted = sessionStorage.getItem(WANTED);
  sessionStorage.removeItem(WANTED);
  const page = wanted ? new URL(wanted, location.origin) : null;
  if (location.pathname === "/" && !location.search && page?.origin === location.origin && page.href !== location.href) {
    location.replace(page.href);
  }
})();
