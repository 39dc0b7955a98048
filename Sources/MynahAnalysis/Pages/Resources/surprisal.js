const text = document.getElementById("text"), tip = document.getElementById("tip");
let here = null, chosen = null;
function element(name, content) {
  const result = document.createElement(name);
  result.textContent = content;
  return result;
}
function table(caption, rows) {
  const result = document.createElement("table");
  result.append(element("caption", caption));
  for (const row of rows) {
    const line = result.insertRow();
    for (const cell of row) line.append(element("td", cell));
  }
  return result;
}
const columnOf = (token) => [...token.closest(".line").querySelectorAll(".text")].indexOf(token.parentElement);
const tokensOf = (line, column) => [...line.querySelectorAll(".text")[column].querySelectorAll("[data-p]")];
// The token in the columns of all models.
function readings(token) {
  const index = [...token.parentElement.children].indexOf(token);
  return [...token.closest(".line").querySelectorAll(".text")].map((column) => column.children[index]);
}
function mark(token) {
  document.querySelector(".curve line")?.remove();
  if (!token) return;
  const line = document.createElementNS(text.querySelector("svg").namespaceURI, "line");
  const x = [...token.parentElement.children].indexOf(token);
  for (const [name, value] of Object.entries({ x1: x, x2: x, y1: 0, y2: 100 })) line.setAttribute(name, value);
  token.closest(".line").querySelector(".curve").append(line);
}
function show(token) {
  here?.classList.remove("here");
  here = token;
  mark(token);
  tip.hidden = !token;
  if (!token) return;
  token.classList.add("here");
  tip.replaceChildren(element("strong", token.dataset.p.split("\n")[0]));
  const all = readings(token);
  all.forEach((reading, index) => {
    const number = all.length > 1 ? `${index + 1}: ` : "";
    const facts = reading.dataset.p ? reading.dataset.p.split("\n").slice(1).join(" · ") : "not predicted";
    tip.append(element("div", number + facts));
  });
  all.forEach((reading, index) => {
    if (!reading.dataset.o) return;
    const caption = all.length > 1 ? `Expected by ${index + 1}` : "Expected";
    tip.append(table(caption, reading.dataset.o.split("\n").map((line) => line.split("\t"))));
  });
  const box = token.getClientRects()[0], root = document.documentElement;
  const left = Math.min(box.left, root.clientWidth - tip.offsetWidth - 8);
  const below = box.bottom + 6, fits = below + tip.offsetHeight <= root.clientHeight;
  const top = fits ? below : box.top - tip.offsetHeight - 6;
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${top + scrollY}px`;
}
// Gives a token the focus: the one token that the tab key reaches.
function choose(token) {
  chosen?.removeAttribute("tabindex");
  chosen = token;
  token.tabIndex = 0;
}
function go(token) {
  choose(token);
  token.scrollIntoView({ block: "nearest" });
  token.focus({ preventScroll: true });
  show(token);
}
function next(token, key) {
  const line = token.closest(".line"), column = columnOf(token), own = tokensOf(line, column);
  const index = own.indexOf(token), isForward = key === "ArrowRight" || key === "ArrowDown";
  if (key === "Home") return own[0];
  if (key === "End") return own.at(-1);
  const isSideways = key === "ArrowLeft" || key === "ArrowRight";
  if (isSideways && own[index + (isForward ? 1 : -1)]) return own[index + (isForward ? 1 : -1)];
  let other = line;
  do other = isForward ? other.nextElementSibling : other.previousElementSibling;
  while (other && !tokensOf(other, column).length);
  if (!other) return null;
  const found = tokensOf(other, column);
  return found[isSideways ? (isForward ? 0 : found.length - 1) : Math.min(index, found.length - 1)];
}
const tokenOf = (event) => event.target instanceof Element ? event.target.closest("[data-p]") : null;
const focused = () => document.activeElement === chosen ? chosen : null;
document.addEventListener("pointerover", (event) => show(tokenOf(event) ?? focused()));
document.addEventListener("click", (event) => tokenOf(event) ? go(tokenOf(event)) : show(null));
text.addEventListener("focusin", (event) => show(tokenOf(event)));
text.addEventListener("focusout", () => show(null));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.activeElement.blur();
    show(null);
  }
  const isInText = text.contains(event.target), isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (!isInText && !(event.target === document.body && isSideways)) return;
  if (!isSideways && !["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const token = isInText ? next(chosen, event.key) : chosen;
  if (!token) return;
  event.preventDefault();
  go(token);
});
for (const view of document.querySelectorAll("[name=view]")) {
  if (location.hash === `#${view.value}`) view.checked = true;
  view.addEventListener("change", () => history.replaceState(null, "", `#${view.value}`));
}
const first = text.querySelector("[data-p]");
if (first) choose(first);
