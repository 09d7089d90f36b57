// Answers to pick from, as long as nothing else was said since.

import { h } from "./dom.js";

const SHORT = 2;

export class Choices {
  #pick;
  #titles = [];
  #possible = true;

  constructor(pick) {
    this.#pick = pick;
    this.element = h("div.choices", { role: "group", hidden: true });
  }

  setTexts(texts) {
    this.element.setAttribute("aria-label", texts.choices);
  }

  // The newest message offers these, or none.
  offer(titles) {
    this.#titles = titles;
    const buttons = titles.map((title) => h("button.choice", { type: "button", dir: "auto", onclick: () => this.#choose(title) }, title));
    this.element.classList.toggle("scale", titles.length > 2 && titles.every((title) => [...title].length <= SHORT));
    this.element.replaceChildren(...buttons);
    this.#show();
  }

  // Only the bot takes answers to its questions.
  set possible(possible) {
    this.#possible = possible;
    this.#show();
  }

  get shown() {
    return !this.element.hidden;
  }

  #choose(title) {
    this.offer([]);
    this.#pick(title);
  }

  #show() {
    this.element.hidden = !this.#titles.length || !this.#possible;
  }
}
