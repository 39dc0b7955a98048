// The box beside a token: its probability and what else the model expected.
import { byId, button, element, percent, visible } from "./elements.js";

const tip = byId("tip");
let owner = null, hideTimer = 0;

export const isOpenFor = (token) => owner === token && !tip.hidden;
export const contains = (node) => tip.contains(node);

function bar(probability) {
  const result = element("span", "bar", element("i"));
  result.firstChild.style.width = `${Math.max(0.5, 100 * probability)}%`;
  result.setAttribute("aria-hidden", "true");
  return result;
}

// Shows the box of `token`, an element. `details` has text, facts, alternatives ({ text, probability, isChosen }) and,
// if one can be picked, `onPick`.
export function show(token, details) {
  clearTimeout(hideTimer);
  if (isOpenFor(token) && contains(document.activeElement)) return;
  owner?.classList.remove("here");
  owner = token;
  token.classList.add("here");
  const list = element("ol", "alternatives");
  for (const alternative of details.alternatives) {
    const parts = [element("span", "name", visible(alternative.text)), bar(alternative.probability),
      element("span", "share", percent(alternative.probability))];
    const row = details.onPick
      ? button("alternative", () => details.onPick(alternative), ...parts) : element("div", "alternative", ...parts);
    if (alternative.isChosen) {
      row.classList.add("taken");
      row.append(element("span", "unseen", " (in the text)"));
    }
    if (details.onPick) row.tabIndex = -1;
    list.append(element("li", "", row));
  }
  const title = element("p", "title", element("strong", "", visible(details.text)),
    element("span", "", details.facts[0]));
  tip.replaceChildren(title, ...details.facts.slice(1).map((fact) => element("p", "fact", fact)));
  if (details.alternatives.length) tip.append(list);
  if (details.hint) tip.append(element("p", "hint", details.hint));
  tip.setAttribute("role", "group");
  tip.setAttribute("aria-label", `Alternatives to ${visible(details.text)}`);
  tip.hidden = false;
  place(token);
}

function place(token) {
  const box = token.getClientRects()[0] ?? token.getBoundingClientRect(), root = document.documentElement;
  const left = Math.max(8, Math.min(box.left - 8, root.clientWidth - tip.offsetWidth - 8));
  const fits = box.bottom + 4 + tip.offsetHeight <= root.clientHeight || box.top < tip.offsetHeight;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(fits ? box.bottom + 4 : box.top - tip.offsetHeight - 4) + scrollY}px`;
}

export function hide() {
  clearTimeout(hideTimer);
  owner?.classList.remove("here");
  owner = null;
  tip.hidden = true;
}

// Hides the box soon, unless the pointer or the focus gets into it.
export function hideSoon(next) {
  clearTimeout(hideTimer);
  hideTimer = setTimeout(next ?? hide, 220);
}

export function enter() {
  const first = tip.querySelector("button.alternative:not(.taken)") ?? tip.querySelector("button.alternative");
  first?.focus();
  return Boolean(first);
}

tip.addEventListener("pointerenter", () => clearTimeout(hideTimer));
tip.addEventListener("pointerleave", () => {
  if (!contains(document.activeElement)) hideSoon();
});
tip.addEventListener("keydown", (event) => {
  const all = [...tip.querySelectorAll("button.alternative")], index = all.indexOf(document.activeElement);
  const steps = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: all.length - 1 };
  if (event.key in steps) {
    event.preventDefault();
    all[(steps[event.key] + all.length) % all.length]?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    const token = owner;
    token?.focus();
  }
});
addEventListener("resize", () => {
  if (owner?.isConnected) place(owner);
});
