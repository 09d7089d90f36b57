// The chat widget. On any page that the gateway allows:
//   <script type="module" src="https://gateway.example/widget.js"></script>
// Options, as attributes of that tag: data-language="zh|en" (default: the browser's),
// data-theme="light|dark|auto" (default: as the visitor's system has it), data-open="wide" (open
// from the start where there is room), data-texts (a JSON file with the
// company's name and example messages), data-identity (a URL of the page's site that answers with
// a signed token of the visitor who is logged in).
// The page may dispatch on window: switchyard:say (opens the chat and sends the detail) and
// switchyard:language (switches to the detail, "zh" or "en"; the widget dispatches it too) and
// switchyard:logout (the visitor is another one from now on: the chat ends, and is shown no more).

import { Chat } from "./widget/chat.js";
import { Connection } from "./widget/connection.js";
import { Identity } from "./widget/identity.js";
import { Store } from "./widget/store.js";
import { Uploads } from "./widget/uploads.js";
import { View } from "./widget/view.js";

const WIDE = "(min-width: 1024px) and (min-height: 560px)";
const HOME = new URL(".", import.meta.url);
const tag = document.querySelector('script[src$="widget.js"]');

function startingLanguage(stored) {
  const query = new URLSearchParams(location.search);
  const wishes = [query.get("language"), query.get("lang"), stored, tag?.dataset.language];
  return wishes.find((each) => each === "zh" || each === "en") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
}

function socketAddress() {
  const address = new URL("ws/chat", HOME);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

async function companyTexts() {
  const source = tag?.dataset.texts;
  if (!source) return {};
  const response = await fetch(new URL(source, HOME));
  return response.ok ? await response.json() : {};
}

const store = new Store(window.sessionStorage);
const view = new View(new URL("widget.css", HOME).href, startingLanguage(store.language), tag?.dataset.theme ?? "auto");
const uploads = new Uploads(HOME, () => store.session, () => view.language);
const identity = new Identity(tag?.dataset.identity);
const chat = new Chat(view, store, (events) => new Connection(socketAddress(), events), uploads, identity);

window.addEventListener("switchyard:say", (event) => chat.open().say(event.detail));
window.addEventListener("switchyard:logout", () => chat.leave());
window.addEventListener("switchyard:language", (event) => chat.setLanguage(event.detail));

view.attach(document.body);
chat.begin(tag?.dataset.open === "wide" && window.matchMedia(WIDE).matches);
chat.setCompany(await companyTexts());
