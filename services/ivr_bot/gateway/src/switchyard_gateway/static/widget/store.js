// What the page remembers while its tab lives, so that a reload goes on with the same chat.

const SESSION = "switchyard.session";
const UNSENT = "switchyard.unsent";
const LANGUAGE = "switchyard.language";

export class Store {
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  // { conversation, token } or null.
  get session() {
    return this.#read(SESSION);
  }

  set session(value) {
    this.#write(SESSION, value);
  }

  // Messages that the gateway has not confirmed: [{ id, text }].
  get unsent() {
    return this.#read(UNSENT) ?? [];
  }

  set unsent(value) {
    this.#write(UNSENT, value.length ? value : null);
  }

  get language() {
    return this.#storage.getItem(LANGUAGE) ?? "";
  }

  set language(value) {
    this.#storage.setItem(LANGUAGE, value);
  }

  #read(key) {
    try {
      return JSON.parse(this.#storage.getItem(key));
    } catch (error) {
      console.warn("switchyard: forgetting what cannot be read", error);
      this.#storage.removeItem(key);
      return null;
    }
  }

  #write(key, value) {
    if (value === null) this.#storage.removeItem(key);
    else this.#storage.setItem(key, JSON.stringify(value));
  }
}
