// The chat's window: shows what it is told, and says what the customer does.

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { Log } from "./log.js";
import { TEXTS } from "./texts.js";
import { follow } from "./theme.js";
import { Waiting } from "./waiting.js";

const PHONE = "(max-width: 640px)";
const TOUCH = "(pointer: coarse)";
const NOTICE_MS = 6000;

export class View {
  #root;
  #host;
  #actions = {};
  #theme;
  #company = null;
  #examples = null;
  #state = "WITH_BOT";
  #agent = "";
  #online = true;
  #isOpen = false;
  #unread = 0;
  #noticeTimer = 0;

  // theme: light, dark, or auto for what the visitor's system has.
  constructor(styleSheet, language, theme) {
    this.language = language;
    this.#theme = theme;
    this.log = new Log((text) => this.#sayExample(text), () => this.#actions.person(), (id) => this.#actions.readFile(id));
    this.waiting = new Waiting({
      leave: () => this.#actions.leave(),
      callback: (number) => this.#actions.callback(number),
      stayed: () => this.composer.focus(),
    });
    this.composer = new Composer(
      (text) => this.#actions.say(text), () => this.#actions.typing(), (files) => this.#actions.sendFiles(files));
    this.#build(styleSheet);
    this.setLanguage(language);
  }

  get texts() {
    const texts = TEXTS[this.language];
    return {
      ...texts,
      company: this.#company?.[this.language] ?? texts.company,
      examples: this.#examples?.[this.language] ?? texts.examples,
    };
  }

  on(actions) {
    this.#actions = actions;
  }

  attach(parent) {
    parent.append(this.#host);
  }

  #build(styleSheet) {
    const button = (name, iconName, action) =>
      h(`button.${name}`, { type: "button", onclick: action }, icon(iconName));
    this.launcher = h("button.launcher", { type: "button", onclick: () => this.open({ focus: true }) }, icon("chat"));
    this.badge = h("span.badge", { hidden: true });
    this.launcher.append(this.badge);
    this.title = h("h2.title", { id: "title" });
    this.status = h("p.status", { role: "status" });
    this.avatar = h("span.avatar", { "aria-hidden": "true" }, icon("bot"));
    this.languageButton = h("button.language", { type: "button", onclick: () => this.#otherLanguage() });
    this.renewButton = button("renew", "renew", () => this.#actions.renew());
    this.minimiseButton = button("minimise", "down", () => this.close());
    this.finishButton = h("button.finish", { type: "button", hidden: true, onclick: () => this.#actions.leave() });
    this.notice = h("p.notice", { role: "alert", hidden: true });
    this.again = h("button.again", { type: "button", hidden: true, onclick: () => this.#actions.renew() });
    this.panel = h(
      "section.panel",
      {
        role: "dialog", "aria-labelledby": "title", hidden: true, onkeydown: (event) => this.#key(event),
        ondragover: (event) => this.#drag(event), ondrop: (event) => this.#drop(event),
      },
      h("header.head", {}, this.avatar, h("div.names", {}, this.title, this.status),
        h("div.tools", {}, this.languageButton, this.renewButton, this.minimiseButton)),
      this.log.element,
      h("div.foot", {}, this.waiting.element, this.finishButton, this.notice, this.again, this.composer.element),
    );
    this.#host = document.createElement("switchyard-chat");
    follow(this.#host, this.#theme);
    this.#root = this.#host.attachShadow({ mode: "open" });
    const sheet = h("link", { rel: "stylesheet", href: styleSheet });
    // Unstyled it would be ugly for a moment.
    sheet.addEventListener("load", () => this.#root.append(this.launcher, this.panel));
    this.#root.append(sheet);
  }

  setLanguage(language) {
    this.language = language;
    this.#host.lang = language;
    const texts = this.texts;
    const label = (element, text) => {
      element.setAttribute("aria-label", text);
      element.title = text;
    };
    label(this.launcher, texts.launch);
    label(this.renewButton, texts.renew);
    label(this.minimiseButton, texts.minimise);
    label(this.languageButton, texts.switchLanguage);
    this.languageButton.textContent = texts.otherLanguage;
    this.title.textContent = texts.company;
    this.finishButton.textContent = texts.finish;
    this.again.textContent = texts.renew;
    for (const part of [this.log, this.waiting, this.composer]) part.setTexts(texts, language);
    this.#showState();
  }

  setCompany(company, examples) {
    this.#company = company ?? null;
    this.#examples = examples ?? null;
    this.setLanguage(this.language);
  }

  open({ focus }) {
    this.#isOpen = true;
    this.panel.hidden = false;
    this.launcher.hidden = true;
    document.documentElement.classList.toggle("switchyard-open", window.matchMedia(PHONE).matches);
    // There it covers the page, and holds the keyboard's focus.
    this.panel.setAttribute("aria-modal", String(window.matchMedia(PHONE).matches));
    this.#count(0);
    this.log.toEnd();
    if (focus) this.composer.focus();
    if (focus) this.#actions.opened();
  }

  close() {
    this.#isOpen = false;
    this.panel.hidden = true;
    this.launcher.hidden = false;
    document.documentElement.classList.remove("switchyard-open");
    this.launcher.focus();
  }

  online(online) {
    this.#online = online;
    this.#showState();
  }

  state(state, agent, wait) {
    if (state !== this.#state) this.waiting.reset();
    this.#moveFocus(state);
    this.#state = state;
    this.#agent = agent;
    this.waiting.update(wait);
    this.#showState();
  }

  typing(role, agent) {
    this.log.typing(role, agent);
  }

  message(message) {
    this.log.add(message);
    if (!this.#isOpen && message.role !== "CUSTOMER") this.#count(this.#unread + 1);
  }

  pending(message) {
    this.log.addPending(message);
  }

  giveBack(id, text) {
    this.log.removePending(id);
    this.composer.giveBack(text);
  }

  // What the gateway allows: media types of files, and calls back.
  set allowed({ types, callbacks }) {
    this.composer.types = types;
    this.waiting.callButton.hidden = !callbacks;
  }

  sending(id, file, events) {
    return this.log.addSending(id, file, events);
  }

  sent(id) {
    this.log.removePending(id);
  }

  notify(text, passing) {
    this.notice.textContent = text;
    this.notice.hidden = false;
    clearTimeout(this.#noticeTimer);
    if (passing) this.#noticeTimer = setTimeout(() => (this.notice.hidden = true), NOTICE_MS);
    else this.composer.element.addEventListener("input", () => (this.notice.hidden = true), { once: true });
  }

  clear() {
    this.log.clear();
    this.notice.hidden = true;
  }

  #showState() {
    const texts = this.texts;
    const agent = this.#agent || texts.agent;
    const status = {
      WITH_BOT: texts.statusBot,
      WAITING_FOR_AGENT: texts.statusWaiting,
      WITH_AGENT: texts.statusAgent(agent),
      CLOSED: texts.statusClosed,
    };
    const said = this.#online ? status[this.#state] : texts.statusOffline;
    if (this.status.textContent !== said) this.status.textContent = said;
    this.panel.dataset.state = this.#online ? this.#state : "OFFLINE";
    const withAgent = this.#state === "WITH_AGENT";
    this.avatar.replaceChildren(withAgent ? [...agent][0] : icon("bot"));
    this.finishButton.hidden = !withAgent;
    this.again.hidden = this.#state !== "CLOSED";
    this.composer.element.hidden = this.#state === "CLOSED";
    this.waiting.element.hidden = this.#state !== "WAITING_FOR_AGENT";
    this.log.offers = this.#state === "WITH_BOT";
  }

  // Whoever used the waiting card must not lose the keyboard's place with it.
  #moveFocus(state) {
    if (this.#state === "WAITING_FOR_AGENT" && state !== this.#state && this.waiting.element.contains(this.#root.activeElement)) {
      this.composer.focus();
    }
  }

  #drag(event) {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  }

  #drop(event) {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    if (!this.composer.attach.hidden && !this.composer.element.hidden) this.#actions.sendFiles(files);
  }

  // The example said is gone; on a telephone the keyboard would hide the answer.
  #sayExample(text) {
    this.#actions.say(text);
    if (!window.matchMedia(TOUCH).matches) this.composer.focus();
  }

  #count(unread) {
    this.#unread = unread;
    this.badge.hidden = unread === 0;
    this.badge.textContent = String(unread);
    this.launcher.setAttribute("aria-label", unread ? `${this.texts.launch} (${unread})` : this.texts.launch);
  }

  #otherLanguage() {
    this.#actions.language(this.language === "zh" ? "en" : "zh");
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing) this.close();
    if (event.key === "Tab" && this.panel.getAttribute("aria-modal") === "true") this.#hold(event);
  }

  // Tab goes round within the panel.
  #hold(event) {
    const reachable = [...this.panel.querySelectorAll("button, input, textarea, a[href], [tabindex='0']")].filter(
      (each) => !each.disabled && each.tabIndex >= 0 && each.checkVisibility());
    const [first, last] = [reachable[0], reachable.at(-1)];
    const leaves = event.shiftKey ? first : last;
    if (this.#root.activeElement !== leaves) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}
