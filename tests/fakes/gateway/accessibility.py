# ruff: noqa: E501
"""What a page must offer to those who see badly, hear it read out, or use no mouse."""

from typing import Any

from playwright.async_api import Page

# Ratio of luminances (WCAG 2.2, 1.4.3) of each text against the nearest background behind it.
_CONTRASTS = """() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement ?? each.getRootNode().host) {
      const colour = rgb(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const chat = document.querySelector("switchyard-chat");
  const roots = chat ? [document, chat.shadowRoot] : [document];
  const texts = roots.flatMap((root) => [...root.querySelectorAll("*")]).filter((element) =>
    element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest("svg") &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const against = (colour, element) => {
    const [a, b] = [rgb(colour), behind(element)].map(luminance);
    return Math.round(((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)) * 100) / 100;
  };
  const shown = texts.map((element) => [against(getComputedStyle(element).color, element), element.textContent.trim().slice(0, 40)]);
  // Icons of buttons that can be used, and edges of fields, need 3:1 (1.4.11); scaled to the same measure.
  const buttons = roots.flatMap((root) => [...root.querySelectorAll("button:enabled svg")]).filter((each) => each.checkVisibility());
  const icons = buttons.map((each) => [against(getComputedStyle(each).stroke, each) * 1.5, `icon of ${each.closest("button").getAttribute("aria-label")}`]);
  const fields = roots.flatMap((root) => [...root.querySelectorAll("input, textarea")]).filter((each) => each.checkVisibility() && !each.matches(".picker"));
  const edges = fields.map((each) => [against(getComputedStyle(each).borderTopColor, each.parentElement) * 1.5, `edge of ${each.name || each.tagName}`]);
  return [...shown, ...icons, ...edges];
}"""

# Names as browsers compute them for readers, in short: label, labelledby, alt, text, title.
_AUDIT = """() => {
  const problems = [];
  const chat = document.querySelector("switchyard-chat");
  for (const root of chat ? [document, chat.shadowRoot] : [document]) {
    const all = [...root.querySelectorAll("*")];
    const ids = all.map((each) => each.id).filter(Boolean);
    for (const id of ids.filter((each, at) => ids.indexOf(each) !== at)) problems.push(`two have the id ${id}`);
    for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
      for (const element of root.querySelectorAll(`[${attribute}]`)) {
        for (const id of element.getAttribute(attribute).split(" ")) {
          if (!ids.includes(id)) problems.push(`${attribute} names ${id}, which is not there`);
        }
      }
    }
    const visible = (each) => each.checkVisibility({ checkVisibilityCSS: true });
    const name = (each) => [
      each.getAttribute("aria-label"),
      ...(each.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean).map((id) => root.getElementById(id)?.textContent),
      ...[...(each.labels ?? [])].map((label) => label.textContent),
      each.alt, each.textContent,
      ...[...each.querySelectorAll("img")].map((image) => image.alt),
      each.title,
    ].find((text) => text?.trim()) ?? "";
    const named = "button, a[href], input, textarea, select, progress, dialog, [role=dialog], [role=log], [role=group], section[aria-labelledby]";
    for (const element of root.querySelectorAll(named)) {
      if (element.getAttribute("aria-hidden") === "true" || !visible(element)) continue;
      if (!name(element)) problems.push(`no name: ${element.outerHTML.slice(0, 80)}`);
    }
    for (const image of root.querySelectorAll("img")) if (!image.hasAttribute("alt")) problems.push(`no alt: ${image.src}`);
    for (const element of root.querySelectorAll("[aria-hidden=true]")) {
      for (const inside of [element, ...element.querySelectorAll("button, a[href], input, textarea, [tabindex]")]) {
        if (visible(inside) && inside.tabIndex >= 0) problems.push(`hidden from readers, yet reached by Tab: ${inside.outerHTML.slice(0, 80)}`);
      }
    }
    for (const element of root.querySelectorAll("[tabindex]")) if (element.tabIndex > 0) problems.push("a tabindex above 0");
    for (const element of root.querySelectorAll("button, input, textarea, a.file")) {
      const box = element.getBoundingClientRect();
      if (visible(element) && !element.classList.contains("picker") && (box.width < 24 || box.height < 24)) {
        problems.push(`smaller than 24 px (WCAG 2.2, 2.5.8): ${name(element)}`);
      }
    }
  }
  if (!document.documentElement.lang) problems.push("the page has no language");
  return problems;
}"""

_FOCUSED = """() => {
  let each = document.activeElement;
  while (each?.shadowRoot?.activeElement) each = each.shadowRoot.activeElement;
  return each?.getAttribute("aria-label") || each?.textContent?.trim() || each?.id || each?.tagName || "";
}"""


async def too_faint(page: Page) -> list[Any]:
    """Texts below 4.5:1, icons and edges of fields below 3:1 (WCAG 2.2 AA), with their ratio."""
    contrasts: list[Any] = await page.evaluate(_CONTRASTS)
    assert len(contrasts) >= 4, "there are texts to look at"
    return [each for each in contrasts if each[0] < 4.5]


async def problems(page: Page) -> list[str]:
    """Missing names, broken references, hidden yet reachable things, targets too small to hit."""
    found: list[str] = await page.evaluate(_AUDIT)
    return found


async def focused(page: Page) -> str:
    """What has the keyboard's focus, by the name that it has for readers."""
    name: str = await page.evaluate(_FOCUSED)
    return name


async def tab_order(page: Page, steps: int) -> list[str]:
    """What Tab reaches, one after the other."""
    order = []
    for _ in range(steps):
        await page.keyboard.press("Tab")
        order.append(await focused(page))
    return order
