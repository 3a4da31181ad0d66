/** Behaviour that every page shares, with or without htmx: menus, theme, ages, print, focus of error summaries. */
import { ageText, nowSeconds, seconds } from "../kit/time";

const YEAR_SECONDS = 31536000;

function startTheme(): void {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => document.cookie.match(/(?:^|; )theme=(light|dark)/)?.[1];
  const apply = () => {
    const theme = chosen() ?? (system.matches ? "dark" : "light");
    if (root.dataset.bsTheme === theme) return;
    root.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("theme-changed"));
  };
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-theme-switch]")) return;
    document.cookie = `theme=${root.dataset.bsTheme === "dark" ? "light" : "dark"}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
    apply();
  });
}

function startMenus(): void {
  const close = (keep: Node | null) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) if (!keep || !menu.contains(keep)) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target as Node));
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (event.key !== "Escape" || !open) return;
    open.querySelector("summary")?.focus();
    close(null);
  });
}

function refreshAges(): void {
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-age]")) element.textContent = ageText(seconds(element.dateTime), nowSeconds());
}

export function startPage(): void {
  startTheme();
  startMenus();
  setInterval(refreshAges, 15_000);
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-print]")) print();
    if (target.closest("[data-back]")) history.back();
  });
  document.querySelector<HTMLElement>("[data-focus]")?.focus();
}
