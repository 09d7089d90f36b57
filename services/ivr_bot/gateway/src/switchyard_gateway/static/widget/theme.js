// Light or dark: what the page chose, or what the visitor's system has, now and whenever it changes.
const DARK = "(prefers-color-scheme: dark)";

// wanted: light, dark or auto.
export function follow(host, wanted) {
  if (wanted === "light" || wanted === "dark") {
    host.dataset.theme = wanted;
    return;
  }
  const system = matchMedia(DARK);
  const show = () => {
    host.dataset.theme = system.matches ? "dark" : "light";
  };
  system.addEventListener("change", show);
  show();
}
