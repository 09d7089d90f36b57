// Where the customer writes.

import { h, icon } from "./dom.js";

const MOST_CHARS = 4000;
const NEAR_LIMIT = 200;
const MOST_LINES_PX = 132;

export class Composer {
  #texts = {};
  #say;

  constructor(say, typing) {
    this.#say = say;
    this.input = h("textarea", {
      rows: "1",
      enterkeyhint: "send",
      autocomplete: "off",
      onkeydown: (event) => this.#key(event),
      oninput: () => this.#changed(typing),
    });
    this.button = h("button.send", { type: "submit", disabled: true }, icon("send"));
    this.left = h("p.left", { role: "status", hidden: true });
    this.element = h("form.composer", { novalidate: true, onsubmit: (event) => this.#submit(event) },
      this.input, this.button, this.left);
  }

  setTexts(texts) {
    this.#texts = texts;
    this.input.placeholder = texts.placeholder;
    this.input.setAttribute("aria-label", texts.input);
    this.input.title = texts.hint;
    this.button.setAttribute("aria-label", texts.send);
  }

  focus() {
    this.input.focus();
  }

  // What could not be sent is the customer's to change.
  giveBack(text) {
    if (!this.input.value) this.input.value = text;
    this.#fit();
    this.focus();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.input.value;
    if (this.button.disabled) return;
    this.input.value = "";
    this.#fit();
    this.#say(text);
    this.focus();
  }

  #key(event) {
    // While Chinese is composed, Enter chooses characters.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    this.#submit(event);
  }

  #changed(typing) {
    this.#fit();
    if (this.input.value.trim()) typing();
  }

  #fit() {
    const length = [...this.input.value.trim()].length;
    this.button.disabled = length === 0 || length > MOST_CHARS;
    this.left.hidden = length < MOST_CHARS - NEAR_LIMIT;
    this.left.textContent = this.#texts.left?.(MOST_CHARS - length) ?? "";
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, MOST_LINES_PX)}px`;
  }
}
