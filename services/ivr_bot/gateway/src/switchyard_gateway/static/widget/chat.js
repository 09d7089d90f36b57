// The conversation as the page knows it: what was said, who serves, and what is still to be sent.

const TYPING_EVERY_MS = 2500;
const TYPING_LASTS_MS = 6000;
const RESEND_MS = 1500;
// Entries that were missed come in a burst: only where it ends is shown.
const SETTLE_MS = 30;

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

  constructor(view, store, connect) {
    this.#view = view;
    this.#store = store;
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

  setLanguage(language) {
    if (language === this.#view.language) return;
    this.#store.language = language;
    this.#view.setLanguage(language);
    if (this.#ready) this.#connection.send({ type: "language", language });
  }

  setCompany(texts) {
    this.#view.setCompany(texts.company, texts.examples);
  }

  #hello() {
    const session = this.#store.session;
    const hello = { type: "hello", language: this.#view.language };
    return session ? { ...hello, ...session, last_id: this.#lastId } : hello;
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
    };
    handlers[frame.type]?.();
  }

  #welcome(frame) {
    if (frame.token) this.#store.session = { conversation: frame.conversation, token: frame.token };
    this.#ready = true;
    this.#view.online(true);
    // What is missing comes next, and may lead through other states; these are the newest.
    this.#enter(frame.state, frame.agent);
    this.#await(frame.wait);
    for (const message of this.#unsent) this.#send(message);
  }

  #message(frame) {
    this.#othersType("");
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
    if (this.#ready && this.#state !== "CLOSED") this.#connection.send({ type: "end" });
    this.#connection.stop();
    this.#remember([]);
    this.#forget();
    this.#connection.start();
  }

  // The conversation is over for this page; what was not sent goes to the next one.
  #forget() {
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
