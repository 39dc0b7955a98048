const text = document.getElementById("text"), tip = document.getElementById("tip");
let here = null;
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
function show(token) {
  if (here) here.classList.remove("here");
  here = token;
  tip.hidden = !token;
  if (!token) return;
  token.classList.add("here");
  const [name, bits, probability, rank] = token.dataset.p.split("\n");
  const others = token.dataset.o ? token.dataset.o.split("\n").map((line) => line.split("\t")) : [];
  tip.replaceChildren(element("strong", name), element("div", `${bits} · ${probability} · rank ${rank}`));
  if (others.length) tip.append(table("Expected", others));
  const box = token.getClientRects()[0], root = document.documentElement;
  const left = Math.min(box.left, root.clientWidth - tip.offsetWidth - 8);
  const below = box.bottom + 6, fits = below + tip.offsetHeight <= root.clientHeight;
  const top = fits ? below : box.top - tip.offsetHeight - 6;
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${top + scrollY}px`;
}
const tokenOf = (event) => event.target instanceof Element ? event.target.closest("[data-p]") : null;
document.addEventListener("pointerover", (event) => show(tokenOf(event)));
document.addEventListener("click", (event) => show(tokenOf(event)));
document.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" };
  if (event.key === "Escape") show(null);
  if (!steps[event.key]) return;
  let next = here ? here[steps[event.key]] : text.querySelector("[data-p]");
  while (next && !next.dataset.p) next = next[steps[event.key]];
  if (!next) return;
  event.preventDefault();
  next.scrollIntoView({ block: "nearest" });
  show(next);
});
