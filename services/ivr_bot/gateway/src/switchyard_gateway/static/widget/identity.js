// Who the visitor is, as the site's own login says: a signed token, asked for when a chat begins.

const WITHIN_MS = 5_000;

export class Identity {
  #source;

  // source: a URL of the site that answers with a token, or with nothing for a stranger.
  constructor(source) {
    this.#source = source;
  }

  // The token, or "": without the login there is still a chat.
  async token() {
    if (!this.#source) return "";
    try {
      const response = await fetch(this.#source, { signal: AbortSignal.timeout(WITHIN_MS), cache: "no-store" });
      if (!response.ok) throw new Error(`${response.status} from ${this.#source}`);
      return (await response.text()).trim();
    } catch (error) {
      console.error("switchyard: the visitor chats as a stranger:", error);
      return "";
    }
  }
}
