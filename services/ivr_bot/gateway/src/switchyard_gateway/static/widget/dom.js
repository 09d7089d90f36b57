// Builds elements without markup in strings, so that nothing written in a chat can become markup.

const SVG = "http://www.w3.org/2000/svg";

// h("button.send", { type: "button", onclick }, child, "text", …)
export function h(selector, attributes = {}, ...children) {
  const [name, ...classes] = selector.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const PATHS = {
  chat: "M4 5.5h16v11H10.5L6 20.5v-4H4z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9.5l6 6 6-6",
  send: "M4.5 12L20 4.5 15.5 19.5l-4-6zM11.5 13.5l8.5-9",
  person: "M12 11.5a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5zM4.5 20c.8-4 3.8-5.5 7.5-5.5s6.7 1.5 7.5 5.5",
  renew: "M4 5.5h16v11H10.5L6 20.5v-4H4zM12 8.2v5.6M9.2 11h5.6",
  clip: "M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8.1-8.1a3 3 0 0 1 4.3 4.3l-8 8a1.5 1.5 0 0 1-2.2-2.1l7-7",
  file: "M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4",
  bot: "M12 3.5v3M6 8.5h12v9.5H6zM9.5 12v1.5M14.5 12v1.5",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
