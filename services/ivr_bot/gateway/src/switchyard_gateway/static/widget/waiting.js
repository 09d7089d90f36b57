// The card that a customer sees while an agent is looked for.

import { h } from "./dom.js";

export class Waiting {
  #texts = {};
  #wait = null;

  constructor(leave) {
    this.heading = h("strong");
    this.place = h("p.place", { role: "status" });
    this.keeps = h("p.keeps");
    this.button = h("button.back", { type: "button", onclick: leave });
    this.element = h("div.waiting", { hidden: true },
      h("span.pulse", { "aria-hidden": "true" }), h("div.words", {}, this.heading, this.place, this.keeps), this.button);
  }

  setTexts(texts) {
    this.#texts = texts;
    this.heading.textContent = texts.waiting;
    this.keeps.textContent = texts.keeps;
    this.button.textContent = texts.back;
    this.update(this.#wait);
  }

  // { position, p50_seconds, p90_seconds }; the seconds only when the router is sure of them.
  update(wait) {
    this.#wait = wait;
    const lines = wait ? [this.#texts.position(wait.position), this.#estimate(wait)].filter(Boolean) : [];
    if (lines.join("") === this.place.textContent) return; // readers are told of changes only
    this.place.replaceChildren(...lines.map((line) => h("span", {}, line)));
  }

  #estimate({ p50_seconds: p50, p90_seconds: p90 }) {
    if (p50 === null || p90 === null) return "";
    const high = Math.ceil(p90 / 60);
    if (high <= 1) return this.#texts.soon;
    return this.#texts.estimate(Math.max(1, Math.round(p50 / 60)), high);
  }
}
