// Text with its addresses made clickable. Everything stays text: no markup is ever read from it.

import { h } from "./dom.js";

// Up to a blank, Chinese text, or characters that no address holds unescaped.
const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+/g;
const TRAILING = /[.,;:!?)\]]+$/;

export function prose(text) {
  const parts = [];
  let after = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = found.replace(TRAILING, "");
    if (!URL.canParse(address)) continue;
    parts.push(text.slice(after, index), link(address));
    after = index + address.length;
  }
  parts.push(text.slice(after));
  return parts.filter((part) => part !== "");
}

function link(address) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr" }, address);
}
