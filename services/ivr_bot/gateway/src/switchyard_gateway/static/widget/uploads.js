// Files on their way to the gateway, and back from it. Each is sent under its message's own id, so
// that sending it again after a break does no harm.

const READ_MS = 30_000;
// A refusal of the gateway's own is final; everything else may go better next time.
const FINAL = [403, 404, 409, 413, 422];

export class Uploads {
  #home;
  #session;
  #language;
  #running = new Map();
  #objects = new Set();

  // session() and language() tell what holds at the moment.
  constructor(home, session, language) {
    this.#home = home;
    this.#session = session;
    this.#language = language;
  }

  // events: progress(fraction), done(), failed(text or "", final).
  send(id, file, events) {
    if (this.#running.has(id)) return;
    const request = new XMLHttpRequest();
    this.#running.set(id, request);
    request.open("PUT", this.#address(id));
    request.setRequestHeader("authorization", `Bearer ${this.#session().token}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name).slice(0, 900));
    request.upload.addEventListener("progress", ({ loaded, total }) => events.progress(total ? loaded / total : 0));
    request.addEventListener("loadend", () => {
      this.#running.delete(id);
      if (request.status === 201) events.done();
      else if (request.status !== 0 || !request.aborted) events.failed(this.#reason(request), FINAL.includes(request.status));
    });
    request.send(file);
  }

  stop(id) {
    const request = this.#running.get(id);
    if (!request) return;
    request.aborted = true;
    request.abort();
  }

  // An address in this page's memory; null when the file cannot be had.
  async read(id) {
    const { token } = this.#session() ?? {};
    const headers = { authorization: `Bearer ${token}` };
    try {
      const response = await fetch(this.#address(id), { headers, signal: AbortSignal.timeout(READ_MS) });
      if (!response.ok) return null;
      const address = URL.createObjectURL(await response.blob());
      this.#objects.add(address);
      return address;
    } catch (error) {
      console.info("switchyard: a file cannot be read now", error.name);
      return null;
    }
  }

  // The conversation is over for this page.
  clear() {
    for (const id of [...this.#running.keys()]) this.stop(id);
    for (const address of this.#objects) URL.revokeObjectURL(address);
    this.#objects.clear();
  }

  #address(id) {
    const { conversation } = this.#session() ?? {};
    const url = new URL(`chat/${encodeURIComponent(conversation)}/files/${encodeURIComponent(id)}`, this.#home);
    url.searchParams.set("language", this.#language());
    return url.href;
  }

  #reason(request) {
    try {
      return JSON.parse(request.responseText).text ?? "";
    } catch {
      return ""; // no answer of the gateway's own
    }
  }
}
