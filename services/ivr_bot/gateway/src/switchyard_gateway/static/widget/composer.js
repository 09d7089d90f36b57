// Where the customer writes.

import { h, icon } from "./dom.js";

const MOST_CHARS = 4000;
const NEAR_LIMIT = 200;
const MOST_LINES_PX = 132;

export class Composer {
  #texts = {};
  #say;
  #sendFiles;

  constructor(say, typing, sendFiles) {
    this.#say = say;
    this.#sendFiles = sendFiles;
    this.input = h("textarea", {
      rows: "1",
      enterkeyhint: "send",
      autocomplete: "off",
      onkeydown: (event) => this.#key(event),
      oninput: () => this.#changed(typing),
      onpaste: (event) => this.#pasted(event),
    });
    this.picker = h("input.picker", { type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true", onchange: () => this.#picked() });
    this.attach = h("button.attach", { type: "button", onclick: () => this.picker.click() }, icon("clip"));
    this.button = h("button.send", { type: "submit", disabled: true }, icon("send"));
    this.left = h("p.left", { role: "status", hidden: true });
    this.element = h("form.composer", { novalidate: true, onsubmit: (event) => this.#submit(event) },
      this.attach, this.picker, this.input, this.button, this.left);
  }

  setTexts(texts) {
    this.#texts = texts;
    this.input.placeholder = texts.placeholder;
    this.input.setAttribute("aria-label", texts.input);
    this.input.title = texts.hint;
    this.button.setAttribute("aria-label", texts.send);
    this.attach.setAttribute("aria-label", texts.attach);
    this.attach.title = texts.attach;
  }

  // Media types that may be sent; none: no files.
  set types(types) {
    this.attach.hidden = !types.length;
    this.picker.accept = types.join(",");
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

  #picked() {
    this.#sendFiles([...this.picker.files]);
    this.picker.value = "";
    this.focus();
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || this.attach.hidden) return;
    event.preventDefault();
    this.#sendFiles(files);
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
