const entries = JSON.parse(document.getElementById("data").textContent).entries;
const tokens = document.getElementById("text").children;
const unit = document.getElementById("unit"), part = document.getElementById("part");
const names = { h: "h, output", c: "c, memory", i: "i, input gate", f: "f, forget gate", g: "g, candidate", o: "o, output gate",
  r: "r, reset gate", z: "z, update gate", n: "n, candidate" };
const units = [...new Set(entries.map((entry) => entry.unit))];
for (const name of units) {
  const [layer, number] = name.split(":");
  unit.append(new Option(`layer ${layer}, unit ${number}`, name));
}
for (const name of new Set(entries.map((entry) => entry.part))) part.append(new Option(names[name] ?? name, name));
function paint() {
  const entry = entries.find((entry) => entry.unit === unit.value && entry.part === part.value);
  // Of what is bounded by a sigmoid nothing is below 0.
  const isPositive = entry && "iforz".includes(entry.part);
  document.getElementById("bar").classList.toggle("positive", Boolean(isPositive));
  document.getElementById("low").textContent = entry ? (isPositive ? "0" : (-entry.scale).toFixed(3)) : "";
  document.getElementById("high").textContent = entry ? entry.scale.toFixed(3) : "no such value";
  const bytes = entry ? atob(entry.values) : "";
  for (let index = 0; index < tokens.length; index++) {
    const byte = bytes.charCodeAt(index) || 0, value = (byte > 127 ? byte - 256 : byte) / 127;
    const hue = value < 0 ? "--warm" : "--cool";
    tokens[index].style.background = `rgb(var(${hue}) / calc(${Math.abs(value).toFixed(3)} * var(--strength)))`;
    tokens[index].title = entry ? (value * entry.scale).toFixed(3) : "";
  }
  history.replaceState(null, "", `#${unit.value}:${part.value}`);
}
function turn(by) {
  unit.selectedIndex = (unit.selectedIndex + by + units.length) % units.length;
  paint();
}
const [layer, number, quantity] = location.hash.slice(1).split(":");
if (units.includes(`${layer}:${number}`)) unit.value = `${layer}:${number}`;
if (names[quantity] && [...part.options].some((option) => option.value === quantity)) part.value = quantity;
unit.addEventListener("change", paint);
part.addEventListener("change", paint);
document.getElementById("before").addEventListener("click", () => turn(-1));
document.getElementById("after").addEventListener("click", () => turn(1));
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLSelectElement) return;
  if (event.key === "ArrowLeft") turn(-1);
  if (event.key === "ArrowRight") turn(1);
});
paint();
