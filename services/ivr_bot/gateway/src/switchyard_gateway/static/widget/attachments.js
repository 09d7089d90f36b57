// Files as the conversation shows them: on their way with progress, then as picture or document.

import { h, icon } from "./dom.js";

const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const KILO = 1024;

export function sizeOf(bytes, language) {
  const mega = bytes >= KILO * KILO;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: mega ? 1 : 0 });
  return `${number.format(Math.max(1, mega ? bytes / KILO / KILO : bytes / KILO))} ${mega ? "MB" : "KB"}`;
}

// A file that is being sent. events: again(), drop().
export class Sending {
  #texts;

  constructor(id, file, texts, language, events) {
    this.#texts = texts;
    this.bar = h("progress", { max: "1", value: "0", "aria-label": texts.sendingFile(file.name) });
    this.note = h("p.note", { role: "status" });
    this.drop = h("button.drop", { type: "button", onclick: () => events.drop() }, icon("close"));
    this.drop.setAttribute("aria-label", texts.dropFile(file.name));
    this.again = h("button.retry", { type: "button", hidden: true, onclick: () => events.again() }, texts.again);
    this.element = h("li.entry.customer.first", { "data-id": id },
      h("div.bubble.file.sending", {},
        h("div.row", {}, icon("file"), h("bdi.filename", {}, file.name), h("span.size", {}, sizeOf(file.size, language)), this.drop),
        this.bar, this.note, this.again));
  }

  progress(fraction) {
    this.bar.hidden = false;
    this.again.hidden = true;
    this.bar.value = fraction;
    const said = fraction >= 1 ? this.#texts.fileArriving : "";
    if (this.note.textContent !== said) this.note.textContent = said;
  }

  failed(text, final) {
    this.bar.hidden = true;
    this.again.hidden = final;
    this.element.firstChild.classList.add("failed");
    this.note.textContent = text || this.#texts.fileFailed;
  }

  waits() {
    this.note.textContent = this.#texts.fileWaits;
  }
}

// A file that belongs to a message; read(id) gives its address in memory, or null.
export function attachment(file, texts, language, read) {
  const label = h("span.row", {}, icon("file"), h("bdi.filename", {}, file.name), h("span.size", {}, sizeOf(file.size, language)));
  const button = h("button.file", { type: "button" }, label);
  button.setAttribute("aria-label", texts.saveFile(file.name));
  button.addEventListener("click", () => save(button, file, texts, read));
  if (PICTURES.includes(file.type)) void show(button, label, file, read);
  return button;
}

async function show(button, label, file, read) {
  const address = await read(file.id);
  if (!address) return;
  const picture = h("img", { src: address, alt: file.name });
  button.dataset.address = address;
  button.classList.add("picture");
  label.replaceWith(picture);
}

async function save(button, file, texts, read) {
  const address = button.dataset.address ?? (await read(file.id));
  if (address) {
    h("a", { href: address, download: file.name }).click();
    return;
  }
  button.classList.add("gone");
  button.setAttribute("aria-label", texts.fileGone(file.name));
  button.title = texts.fileGone(file.name);
}
