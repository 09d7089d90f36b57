// What was said, in order; what is on its way comes last.

import { attachment, Sending } from "./attachments.js";
import { Choices } from "./choices.js";
import { h } from "./dom.js";
import { prose } from "./prose.js";

const NEAR_END_PX = 60;
// The waiting card says it already; agents read it in the transcript.
const SHOWN_ELSEWHERE = ["looking_for_agent", "waiting_menu"];
const ASK_FOR_PERSON = ["bot_failed", "router_down", "nobody_answered", "contact_lost", "queue_full"];

export class Log {
  #texts = {};
  #language = "en";
  #say;
  #person;
  #last = null;
  #offers = true;
  #atEnd = true;
  #typist = ["", ""];
  #said = new Set();
  #sending = new Map();
  #read;

  // read(id) gives the address of a file in this page's memory.
  constructor(say, person, read) {
    this.#say = say;
    this.#person = person;
    this.#read = read;
    this.choices = new Choices(say);
    this.list = h("ol.entries");
    this.waitingToBeSent = h("ol.entries.unsent");
    this.dots = h("p.typing", { hidden: true }, h("span.who"), h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")));
    this.hello = h("p.bubble.hello");
    this.hints = h("div.hints", { role: "group" });
    this.live = h("div.live", { role: "log", "aria-live": "polite", "aria-relevant": "additions" }, this.list);
    this.element = h("div.log", { tabindex: "0", onscroll: () => (this.#atEnd = this.#isNearEnd()) },
      this.hello, this.live, this.waitingToBeSent, this.dots, this.choices.element, this.hints);
    // What grows below must not cover what was said last.
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.element);
  }

  setTexts(texts, language) {
    this.#texts = texts;
    this.#language = language;
    this.element.setAttribute("aria-label", texts.log);
    this.hello.textContent = texts.greeting(texts.company);
    this.hints.setAttribute("aria-label", texts.try);
    this.choices.setTexts(texts);
    this.#showHints();
    for (const button of this.list.querySelectorAll("button.offer")) button.textContent = texts.person;
    for (const name of this.list.querySelectorAll("[data-role]")) name.textContent = this.#name(name.dataset.role, name.dataset.agent);
    this.typing(...this.#typist);
  }

  // Offers to bring in a person make sense only while the bot serves.
  set offers(possible) {
    this.#offers = possible;
    this.choices.possible = possible;
    for (const button of this.list.querySelectorAll("button.offer")) button.hidden = !possible;
    this.#showHints();
  }

  add(message) {
    const stay = this.#atEnd || message.role === "CUSTOMER";
    if (SHOWN_ELSEWHERE.includes(message.notice)) return;
    if (message.message_id) this.removePending(message.message_id);
    // The bot's own greeting takes the place of the one that stood here before it was asked.
    if (message.role === "BOT" && !this.list.querySelector(".customer, .bot")) this.hello.hidden = true;
    this.list.append(message.role === "SYSTEM" ? this.#system(message) : this.#spoken(message));
    this.choices.offer(message.choices ?? []);
    this.#last = message;
    if (message.role === "CUSTOMER") this.#hasSaid(message.text);
    else this.#showHints();
    if (stay) this.toEnd();
  }

  addPending(message) {
    if (this.waitingToBeSent.querySelector(`[data-id="${message.id}"]`)) return;
    const by = h("p.by", {}, h("span.time", {}, this.#texts.sending));
    const entry = h("li.entry.customer.first", { "data-id": message.id }, by, h("p.bubble", { dir: "auto" }, message.text));
    this.waitingToBeSent.append(entry);
    this.choices.offer([]);
    this.#hasSaid(message.text);
    this.toEnd();
  }

  // A file on its way; its row tells how it goes.
  addSending(id, file, events) {
    const row = new Sending(id, file, this.#texts, this.#language, events);
    this.#sending.set(id, row);
    this.waitingToBeSent.append(row.element);
    this.choices.offer([]);
    this.toEnd();
    return row;
  }

  removePending(id) {
    this.#sending.delete(id);
    this.waitingToBeSent.querySelector(`[data-id="${id}"]`)?.remove();
  }

  typing(role, agent) {
    this.#typist = [role, agent];
    const stay = this.#atEnd;
    this.dots.hidden = !role;
    this.dots.firstChild.textContent = role ? this.#texts.types(this.#name(role, agent)) : "";
    if (role && stay) this.toEnd();
  }

  clear() {
    this.list.replaceChildren();
    this.hello.hidden = false;
    this.waitingToBeSent.replaceChildren();
    this.choices.offer([]);
    this.#sending.clear();
    this.#last = null;
    this.#said.clear();
    this.typing("", "");
    this.#showHints();
  }

  toEnd() {
    this.#atEnd = true;
    this.element.scrollTop = this.element.scrollHeight;
  }

  #spoken(message) {
    const kind = message.role.toLowerCase();
    const first = this.#last?.role !== message.role || this.#last?.agent !== message.agent;
    const entry = h(`li.entry.${kind}${first ? ".first" : ""}`);
    // Readers hear who speaks each time; eyes are shown it when the speaker changes.
    const name = h("span.name", { "data-role": message.role, "data-agent": message.agent });
    name.textContent = this.#name(message.role, message.agent);
    entry.append(h("p.by", {}, name, this.#time(message.time)));
    if (message.text) entry.append(h("p.bubble", { dir: "auto" }, ...(kind === "customer" ? [message.text] : prose(message.text))));
    for (const file of message.attachments ?? []) {
      entry.append(attachment(file, this.#texts, this.#language, this.#read));
    }
    if (message.choices?.length) entry.append(h("p.aside", {}, this.#texts.offered(message.choices)));
    return entry;
  }

  #system(message) {
    const entry = h("li.entry.system", {}, h("p", { dir: "auto" }, ...prose(message.text)));
    if (ASK_FOR_PERSON.includes(message.notice)) {
      entry.append(h("button.offer", { type: "button", hidden: !this.#offers, onclick: () => this.#person() }, this.#texts.person));
    }
    return entry;
  }

  #hasSaid(text) {
    if (text) this.#said.add(text);
    this.#showHints();
  }

  // Examples of what to say to the bot, each as long as it was not said.
  #showHints() {
    const left = (this.#texts.examples ?? []).filter((text) => !this.#said.has(text));
    const label = this.#said.size ? [] : [h("p", { "aria-hidden": "true" }, this.#texts.try)];
    const chips = left.map((text) => h("button.chip", { type: "button", onclick: () => this.#say(text) }, text));
    this.hints.replaceChildren(...label, ...chips);
    this.hints.hidden = !left.length || !this.#offers || this.choices.shown;
  }

  #name(role, agent) {
    if (role === "AGENT") return agent || this.#texts.agent;
    return role === "BOT" ? this.#texts.bot : this.#texts.you;
  }

  #time(iso) {
    const time = new Date(iso);
    const shown = new Intl.DateTimeFormat(this.#language, { hour: "2-digit", minute: "2-digit", hour12: false }).format(time);
    return h("time.time", { datetime: iso }, shown);
  }

  #isNearEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }
}
