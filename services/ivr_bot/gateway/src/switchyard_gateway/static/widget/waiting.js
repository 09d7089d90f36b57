// The card that a customer sees while an agent is looked for: place, time, and three ways on.

import { h } from "./dom.js";

export class Waiting {
  #texts = {};
  #wait = null;
  #actions;

  // actions: leave(), callback(number).
  constructor(actions) {
    this.#actions = actions;
    this.heading = h("strong", { id: "waiting" });
    this.place = h("p.place", { role: "status" });
    this.keeps = h("p.keeps");
    const button = (name, action) => h(`button.${name}`, { type: "button", onclick: action });
    this.stayButton = button("stay", () => this.#stay());
    this.callButton = button("call", () => this.#askNumber());
    this.backButton = button("back", () => this.#actions.leave());
    this.ways = h("div.ways", { role: "group" }, this.stayButton, this.callButton, this.backButton);
    this.#buildForm();
    this.element = h("section.waiting", { hidden: true, "aria-labelledby": "waiting", tabindex: "-1" },
      h("span.pulse", { "aria-hidden": "true" }), h("div.words", {}, this.heading, this.place, this.keeps),
      this.ways, this.form);
  }

  setTexts(texts) {
    this.#texts = texts;
    this.heading.textContent = texts.waiting;
    this.keeps.textContent = texts.keeps;
    this.ways.setAttribute("aria-label", texts.ways);
    this.stayButton.textContent = texts.stay;
    this.callButton.textContent = texts.callback;
    this.backButton.textContent = texts.back;
    this.label.textContent = texts.number;
    this.send.textContent = texts.book;
    this.cancel.textContent = texts.cancel;
    this.hint.textContent = texts.numberHint;
    this.update(this.#wait);
  }

  // { position, p50_seconds, p90_seconds }; the seconds only when the router is sure of them.
  update(wait) {
    this.#wait = wait;
    const lines = wait ? [this.#texts.position(wait.position), this.#estimate(wait)].filter(Boolean) : [];
    if (lines.join("") === this.place.textContent) return; // readers are told of changes only
    this.place.replaceChildren(...lines.map((line) => h("span", {}, line)));
  }

  // A new wait begins, or this one is over.
  reset() {
    this.#showForm(false);
    this.number.value = "";
    this.ways.classList.remove("stayed");
  }

  // The gateway did not take the number; whether that is said here.
  refuse(text) {
    if (this.form.hidden) return false;
    this.problem.textContent = text;
    this.problem.hidden = false;
    this.number.setAttribute("aria-invalid", "true");
    this.send.disabled = false;
    this.number.focus();
    return true;
  }

  #buildForm() {
    this.label = h("label", { for: "number" });
    this.number = h("input", {
      id: "number", type: "tel", name: "tel", autocomplete: "tel", inputmode: "tel", maxlength: "32",
      "aria-describedby": "number-hint number-problem", oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
    });
    this.hint = h("p.hint", { id: "number-hint" });
    this.problem = h("p.problem", { id: "number-problem", role: "alert", hidden: true });
    this.send = h("button.book", { type: "submit", disabled: true });
    this.cancel = h("button.cancel", { type: "button", onclick: () => this.#closeForm() });
    this.form = h("form.callback", { novalidate: true, hidden: true, onsubmit: (event) => this.#submit(event) },
      this.label, this.number, this.hint, this.problem, h("div.buttons", {}, this.send, this.cancel));
  }

  #stay() {
    this.ways.classList.add("stayed");
    this.#actions.stayed();
  }

  #askNumber() {
    this.#showForm(true);
    this.number.focus();
  }

  #closeForm() {
    this.#showForm(false);
    this.callButton.focus();
  }

  #showForm(shown) {
    this.form.hidden = !shown;
    this.ways.hidden = shown;
    this.problem.hidden = true;
    this.number.removeAttribute("aria-invalid");
  }

  #typed() {
    this.send.disabled = (this.number.value.match(/\p{Nd}/gu) ?? []).length < 5;
    this.problem.hidden = true;
    this.number.removeAttribute("aria-invalid");
  }

  // Escape closes the form, not the chat around it.
  #key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.#closeForm();
  }

  #submit(event) {
    event.preventDefault();
    if (this.send.disabled) return;
    this.send.disabled = true;
    this.#actions.callback(this.number.value.trim());
  }

  #estimate({ p50_seconds: p50, p90_seconds: p90 }) {
    if (p50 === null || p90 === null) return "";
    const high = Math.ceil(p90 / 60);
    if (high <= 1) return this.#texts.soon;
    return this.#texts.estimate(Math.max(1, Math.round(p50 / 60)), high);
  }
}
