// The conversation as the page knows it: what was said, who serves, and what is still to be sent.

const TYPING_EVERY_MS = 2500;
const TYPING_LASTS_MS = 6000;
const RESEND_MS = 1500;
// Entries that were missed come in a burst: only where it ends is shown.
const SETTLE_MS = 30;
const CALLBACK_REFUSED = ["BAD_NUMBER", "CALLBACK_FAILED", "STATE_STORE_DOWN"];
const MEGA = 1024 * 1024;

// Not randomUUID(), which browsers keep from pages without TLS.
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Chat {
  #view;
  #store;
  #connection;
  #seen = new Set();
  #lastId = "";
  #unsent;
  #state = "WITH_BOT";
  #agent = "";
  #wait = null;
  #typedAt = 0;
  #typingTimer = 0;
  #resendTimer = 0;
  #settleTimer = 0;
  #ready = false;
  #uploads;
  #identity;
  #files = new Map();
  // What holds until the gateway has said what it takes.
  #limits = { types: ["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"], largest_bytes: 0 };

  constructor(view, store, connect, uploads, identity) {
    this.#view = view;
    this.#store = store;
    this.#uploads = uploads;
    this.#identity = identity;
    this.#unsent = store.unsent;
    this.#connection = connect({
      hello: () => this.#hello(),
      frame: (frame) => this.#frame(frame),
      up: (up) => this.#up(up),
    });
    view.on({
      say: (text) => this.say(text),
      typing: () => this.#typing(),
      person: () => this.#ask("person"),
      leave: () => this.#ask("leave"),
      callback: (number) => this.#callBack(number),
      sendFiles: (files) => this.#sendFiles(files),
      readFile: (id) => this.#uploads.read(id),
      renew: () => this.#renew(),
      opened: () => this.#connection.start(),
      language: (language) =>
        window.dispatchEvent(new CustomEvent("switchyard:language", { detail: language })),
    });
  }

  // Goes on with the tab's conversation if there is one; a new one is begun only by the customer.
  begin(open) {
    if (this.#store.session) this.#connection.start();
    for (const message of this.#unsent) this.#view.pending(message);
    this.#view.allowed = { types: this.#limits.types, callbacks: true };
    if (open) this.#view.open({ focus: false });
    this.#view.state(this.#state, this.#agent, this.#wait);
  }

  open() {
    this.#view.open({ focus: true });
    return this;
  }

  say(text) {
    const message = { id: newId(), text: text.trim() };
    if (!message.text) return;
    if (this.#state === "CLOSED") this.#renew();
    this.#remember([...this.#unsent, message]);
    this.#view.pending(message);
    this.#connection.start();
    if (this.#ready) this.#send(message);
  }

  // The conversation ends, and nothing of it is left on the page.
  leave() {
    if (this.#ready && this.#state !== "CLOSED") this.#connection.send({ type: "end" });
    this.#connection.stop();
    this.#remember([]);
    this.#forget();
  }

  setLanguage(language) {
    if (language === this.#view.language) return;
    this.#store.language = language;
    this.#view.setLanguage(language);
    if (this.#ready) this.#connection.send({ type: "language", language });
  }

  setCompany(texts) {
    this.#view.setCompany(texts.company, texts.examples);
  }

  async #hello() {
    const hello = { type: "hello", language: this.#view.language };
    const { session } = this.#store;
    if (session) return { ...hello, ...session, last_id: this.#lastId };
    return { ...hello, customer_token: await this.#identity.token() };
  }

  #frame(frame) {
    const handlers = {
      welcome: () => this.#welcome(frame),
      expired: () => this.#forget(),
      message: () => this.#once(frame.id, () => this.#message(frame)),
      state: () => this.#once(frame.id, () => this.#enter(frame.state, frame.agent)),
      wait: () => this.#await(frame),
      typing: () => this.#othersType(frame.role),
      error: () => this.#refused(frame),
      not_known: () => console.error(`switchyard: the visitor chats as a stranger: ${frame.code}: ${frame.message}`),
    };
    handlers[frame.type]?.();
  }

  #welcome(frame) {
    if (frame.token) this.#store.session = { conversation: frame.conversation, token: frame.token };
    this.#ready = true;
    this.#limits = frame.files ?? this.#limits;
    this.#view.allowed = { types: this.#limits.types, callbacks: frame.callbacks };
    this.#view.online(true);
    // What is missing comes next, and may lead through other states; these are the newest.
    this.#enter(frame.state, frame.agent);
    this.#await(frame.wait);
    for (const message of this.#unsent) this.#send(message);
    for (const id of this.#files.keys()) this.#uploadAgain(id); // what broke off with the connection
    this.#uploadNext();
  }

  #message(frame) {
    this.#othersType("");
    this.#files.delete(frame.message_id);
    if (frame.message_id) this.#remember(this.#unsent.filter((each) => each.id !== frame.message_id));
    this.#view.message({ ...frame, agent: this.#agent });
  }

  #enter(state, agent) {
    this.#state = state;
    this.#agent = agent;
    this.#settle();
  }

  #await(wait) {
    this.#wait = wait;
    this.#settle();
  }

  #settle() {
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => this.#view.state(this.#state, this.#agent, this.#wait), SETTLE_MS);
  }

  #once(id, show) {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#lastId = id;
    show();
  }

  #refused(frame) {
    const again = frame.retry_after_ms !== null;
    if (CALLBACK_REFUSED.includes(frame.code) && this.#view.waiting.refuse(frame.text)) return;
    this.#view.notify(frame.text, again);
    if (!frame.message_id) return;
    if (again) {
      clearTimeout(this.#resendTimer);
      this.#resendTimer = setTimeout(
        () => this.#ready && this.#unsent.forEach((each) => this.#send(each)),
        Math.max(frame.retry_after_ms, RESEND_MS),
      );
    } else {
      const refused = this.#unsent.find((each) => each.id === frame.message_id);
      this.#remember(this.#unsent.filter((each) => each !== refused));
      this.#view.giveBack(frame.message_id, refused?.text ?? "");
    }
  }

  #up(up) {
    this.#ready = this.#ready && up;
    if (!up) this.#view.online(false);
  }

  #send(message) {
    this.#connection.send({ type: "message", ...message });
  }

  #ask(type) {
    this.#wait = null;
    this.#connection.start();
    this.#connection.send({ type });
  }

  #callBack(number) {
    if (!this.#connection.send({ type: "callback", number })) this.#view.waiting.refuse(this.#view.texts.statusOffline);
  }

  // What can be told at once is; the gateway has the last word.
  #sendFiles(files) {
    if (this.#state === "CLOSED") return;
    for (const file of files) {
      const refusal = this.#refusalOf(file);
      if (refusal) this.#view.notify(refusal, false);
      else this.#enqueue(newId(), file);
    }
    this.#connection.start();
  }

  #refusalOf(file) {
    const { types, largest_bytes: most } = this.#limits;
    const texts = this.#view.texts;
    if (file.size === 0) return texts.fileEmpty(file.name);
    if (most && file.size > most) return texts.fileLarge(file.name, Math.floor((most / MEGA) * 10) / 10);
    if (types.length && !types.includes(file.type)) return texts.fileType(file.name);
    return "";
  }

  #enqueue(id, file) {
    const row = this.#view.sending(id, file, {
      again: () => this.#uploadAgain(id),
      drop: () => this.#dropFile(id),
    });
    this.#files.set(id, { file, row, state: "waits" });
    if (!this.#ready) row.waits();
    this.#uploadNext();
  }

  // One after the other, so that they arrive in the order chosen.
  #uploadNext() {
    if (!this.#ready) return;
    const entries = [...this.#files.values()];
    const [id, entry] = [...this.#files].find(([, each]) => each.state === "waits") ?? [];
    if (!entry || entries.some(({ state }) => state === "runs")) return;
    entry.state = "runs";
    entry.row.progress(0);
    const ended = (state) => {
      entry.state = state;
      this.#uploadNext();
    };
    this.#uploads.send(id, entry.file, {
      progress: (fraction) => entry.row.progress(fraction),
      done: () => ended("sent"),
      failed: (text, final) => {
        entry.row.failed(text, final);
        ended(final ? "refused" : "failed");
      },
    });
  }

  #uploadAgain(id) {
    const entry = this.#files.get(id);
    if (entry?.state !== "failed") return;
    entry.state = "waits";
    this.#uploadNext();
  }

  #dropFile(id) {
    this.#uploads.stop(id);
    this.#files.delete(id);
    this.#view.sent(id);
    this.#view.composer.focus();
    this.#uploadNext();
  }

  #typing() {
    if (!this.#ready || Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = Date.now();
    this.#connection.send({ type: "typing" });
  }

  #othersType(role) {
    clearTimeout(this.#typingTimer);
    this.#view.typing(role, this.#agent);
    if (role) this.#typingTimer = setTimeout(() => this.#view.typing("", ""), TYPING_LASTS_MS);
  }

  #renew() {
    this.leave();
    this.#connection.start();
  }

  // The conversation is over for this page; what was not sent goes to the next one.
  #forget() {
    this.#uploads.clear();
    this.#files.clear();
    this.#store.session = null;
    this.#ready = false;
    this.#seen.clear();
    this.#lastId = "";
    this.#wait = null;
    this.#view.clear();
    for (const message of this.#unsent) this.#view.pending(message);
    this.#enter("WITH_BOT", "");
  }

  #remember(unsent) {
    this.#unsent = unsent;
    this.#store.unsent = unsent;
  }
}
