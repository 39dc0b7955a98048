const entries = JSON.parse(document.getElementById("data").textContent).entries;
const tokens = document.getElementById("text").children;
const [unit, part, ranking, thumbs] = ["unit", "part", "ranking", "units"].map((id) => document.getElementById(id));
const thumbCount = 12, thumbTokens = 120;
const names = { h: "h, output", c: "c, memory", i: "i, input gate", f: "f, forget gate", g: "g, candidate", o: "o, output gate",
  r: "r, reset gate", z: "z, update gate", n: "n, candidate" };
const r = "Pearson's correlation r of a unit's value";
const rankings = {
  variance: ["variance", "The variance of a unit's value over the text: the first units change most."],
  brackets: ["correlation with brackets", `${r} with 1 while a bracket ( [ { is open and 0 elsewhere, by magnitude.`],
  quotes: ["correlation with quotes", `${r} with 1 while a quotation is open and 0 elsewhere, by magnitude.`],
  position: ["correlation with the position in the line", `${r} with the number of tokens before it in the line, by magnitude.`],
};
const chance = " Among many units a high r can be chance: look at the text.";
let ranked = [];
const valuesOf = (entry) => Array.from(atob(entry.values), (byte) => (byte.charCodeAt(0) << 24 >> 24) / 127);
// Values that a sigmoid limits are never below 0.
const isPositive = (entry) => "iforz".includes(entry.part);
const score = (entry) => entry.ranks[ranking.value] ?? 0;
function label(entry) {
  const [layer, number] = entry.unit.split(":");
  const figure = ranking.value === "variance" ? `variance ${score(entry).toPrecision(2)}` : `r = ${score(entry).toFixed(2)}`;
  return [`layer ${layer}, unit ${number}`, figure];
}
function rank() {
  ranked = entries.filter((entry) => entry.part === part.value).sort((a, b) => Math.abs(score(b)) - Math.abs(score(a)));
  unit.replaceChildren(...ranked.map((entry) => new Option(label(entry).join(" · "), entry.unit)));
  const meaning = rankings[ranking.value][1] + (ranking.value === "variance" ? "" : chance);
  document.getElementById("meaning").textContent = `${meaning} Pictures show the first ${Math.min(thumbTokens, tokens.length)} tokens.`;
  thumbs.replaceChildren(...ranked.slice(0, thumbCount).map((entry) => {
    const button = document.createElement("button"), canvas = document.createElement("canvas");
    button.type = "button";
    button.setAttribute("role", "radio");
    button.append(canvas, ...label(entry).map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    button.addEventListener("click", () => choose(entry.unit));
    return button;
  }));
  draw();
}
// The values of the first tokens as bars: up if they are positive, down if they are negative.
function draw() {
  const style = getComputedStyle(document.documentElement), ratio = devicePixelRatio || 1;
  [...thumbs.children].forEach((button, index) => {
    const canvas = button.firstChild, entry = ranked[index], values = valuesOf(entry).slice(0, thumbTokens);
    const width = canvas.width = Math.round(canvas.clientWidth * ratio), height = canvas.height = Math.round(canvas.clientHeight * ratio);
    const context = canvas.getContext("2d"), base = isPositive(entry) ? height : height / 2, step = width / values.length;
    values.forEach((value, place) => {
      context.fillStyle = `rgb(${style.getPropertyValue(value < 0 ? "--warm" : "--cool")})`;
      context.fillRect(place * step, base - Math.max(0, value) * base, Math.max(1, step), Math.abs(value) * base);
    });
    context.fillStyle = style.getPropertyValue("--line");
    context.fillRect(0, base - ratio / 2, width, ratio);
  });
}
function paint() {
  const entry = ranked.find((entry) => entry.unit === unit.value);
  const positive = Boolean(entry && isPositive(entry));
  document.getElementById("bar").classList.toggle("positive", positive);
  document.getElementById("low").textContent = entry ? (positive ? "0" : (-entry.scale).toFixed(3)) : "";
  document.getElementById("high").textContent = entry ? entry.scale.toFixed(3) : "no such value";
  const values = entry ? valuesOf(entry) : [];
  for (let index = 0; index < tokens.length; index++) {
    const value = values[index] ?? 0, hue = value < 0 ? "--warm" : "--cool", token = tokens[index];
    token.style.backgroundColor = `rgb(var(${hue}) / calc(${Math.abs(value).toFixed(3)} * var(--strength)))`;
    const isUnknown = token.classList.contains("unknown");
    token.title = (entry ? (value * entry.scale).toFixed(3) : "") + (isUnknown ? " · not in the vocabulary" : "");
  }
  [...thumbs.children].forEach((button, index) => {
    const isChosen = ranked[index] === entry;
    button.setAttribute("aria-checked", isChosen);
    button.tabIndex = isChosen || index === 0 && unit.selectedIndex >= thumbCount ? 0 : -1;
  });
  history.replaceState(null, "", `#${unit.value}:${part.value}`);
}
function choose(name) {
  unit.value = name;
  if (unit.selectedIndex < 0) unit.selectedIndex = 0;
  paint();
}
function turn(to) {
  if (!ranked.length) return;
  choose(ranked[(to + ranked.length) % ranked.length].unit);
  if (thumbs.contains(document.activeElement)) thumbs.children[unit.selectedIndex]?.focus();
}
for (const name of new Set(entries.map((entry) => entry.part))) part.append(new Option(names[name] ?? name, name));
for (const [name, [title]] of Object.entries(rankings)) {
  if (entries.some((entry) => name in entry.ranks)) ranking.append(new Option(title, name));
}
const [layer, number, quantity] = location.hash.slice(1).split(":");
if ([...part.options].some((option) => option.value === quantity)) part.value = quantity;
unit.addEventListener("change", paint);
part.addEventListener("change", () => {
  const name = unit.value;
  rank();
  choose(name);
});
ranking.addEventListener("change", () => {
  rank();
  choose(ranked[0]?.unit);
});
document.getElementById("before").addEventListener("click", () => turn(unit.selectedIndex - 1));
document.getElementById("after").addEventListener("click", () => turn(unit.selectedIndex + 1));
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
  const isInThumbs = thumbs.contains(event.target), last = Math.min(thumbCount, ranked.length) - 1;
  const to = { ArrowLeft: unit.selectedIndex - 1, ArrowRight: unit.selectedIndex + 1, Home: 0, End: last }[event.key];
  if (to === undefined || (event.key === "Home" || event.key === "End") && !isInThumbs) return;
  event.preventDefault();
  turn(to);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("resize", draw);
if (ranking.options.length) rank();
choose(`${layer}:${number}`);
