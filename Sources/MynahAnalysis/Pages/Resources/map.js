const tokens = JSON.parse(document.getElementById("data").textContent).tokens;
const [canvas, find, colour, found, status, legend] =
  ["map", "find", "colour", "found", "status", "legend"].map((id) => document.getElementById(id));
const context = canvas.getContext("2d"), foundCount = 12, margin = 30;
// The part of the square that is shown: its centre and the magnification.
let view = { x: .5, y: .5, zoom: 1 }, matches = [], selected = null, pointed = null, isDue = false;
const hasCounts = tokens.some((token) => token.count !== undefined);
const hasClusters = tokens.some((token) => token.cluster !== undefined);
// 1 for the most frequent token, 0 for the rarest, on a logarithmic scale of counts or of places in the list.
function frequency(index) {
  if (hasCounts) return Math.log1p(tokens[index].count) / Math.log1p(Math.max(1, tokens[0].count));
  return 1 - Math.log1p(index) / Math.log1p(tokens.length);
}
const scale = () => view.zoom * Math.max(40, Math.min(canvas.clientWidth, canvas.clientHeight) - 2 * margin);
const toScreen = (token) => [canvas.clientWidth / 2 + (token.x - view.x) * scale(), canvas.clientHeight / 2 + (token.y - view.y) * scale()];
function palette() {
  const style = getComputedStyle(document.documentElement), read = (name) => style.getPropertyValue(name).trim();
  const ends = ["--cool", "--warm"].map((name) => read(name).split(" ").map(Number));
  return { ink: read("--ink"), quiet: read("--quiet"), page: read("--panel"), clusters: Array.from({ length: 8 }, (_, index) => read(`--c${index}`)),
    mix: (share) => `rgb(${ends[0].map((low, index) => Math.round(low + share * (ends[1][index] - low))).join(" ")})` };
}
// Places labels beside their dots where no other label or dot is, in the order of importance.
class Labels {
  constructor() { this.cells = new Map(); }
  cellsOf(box) {
    const cells = [];
    for (let x = Math.floor(box.left / 40); x <= Math.floor(box.right / 40); x++) {
      for (let y = Math.floor(box.top / 40); y <= Math.floor(box.bottom / 40); y++) cells.push(x * 1000 + y);
    }
    return cells;
  }
  add(box) {
    for (const cell of this.cellsOf(box)) {
      if (this.cells.has(cell)) this.cells.get(cell).push(box);
      else this.cells.set(cell, [box]);
    }
  }
  isFree(box) {
    return !this.cellsOf(box).some((cell) => this.cells.get(cell)?.some((other) =>
      box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom));
  }
}
function draw() {
  isDue = false;
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight, colours = palette();
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const isFound = new Set(matches), isSearching = find.value !== "";
  const isBold = (index) => index === selected || index === pointed || isFound.has(index) || tokens[index].isHighlighted;
  const places = tokens.map(toScreen);
  const isInside = ([x, y]) => x > -20 && x < width + 20 && y > -20 && y < height + 20;
  const shown = tokens.map((_, index) => index).filter((index) => isInside(places[index]));
  shown.sort((a, b) => isBold(b) - isBold(a) || a - b);
  const labels = new Labels();
  for (const index of [...shown].reverse()) {
    const [x, y] = places[index], radius = isBold(index) ? 5 : 3;
    context.globalAlpha = isSearching && !isBold(index) ? .25 : 1;
    context.fillStyle = colour.value === "cluster" ? colours.clusters[tokens[index].cluster % 8] : colours.mix(frequency(index));
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fill();
    if (isBold(index)) {
      context.strokeStyle = colours.ink;
      context.lineWidth = index === selected ? 2.5 : 1;
      context.stroke();
    }
    labels.add({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });
  }
  context.textBaseline = "middle";
  context.lineJoin = "round";
  // Among thousands of dots there is no room for the labels of rare tokens.
  for (const index of shown.slice(0, 1500)) {
    const [x, y] = places[index], text = tokens[index].text;
    context.font = `${isBold(index) ? "bold " : ""}13px system-ui, sans-serif`;
    const half = context.measureText(text).width / 2, gap = isBold(index) ? 7 : 5;
    const centres = [[x + gap + half, y], [x - gap - half, y], [x, y - gap - 8], [x, y + gap + 8]];
    const boxes = centres.map(([x, y]) => ({ left: x - half, right: x + half, top: y - 8, bottom: y + 8 }));
    let place = boxes.findIndex((box) => box.left > 2 && box.right < width - 2 && labels.isFree(box));
    if (place < 0 && (index === selected || index === pointed || tokens[index].isHighlighted)) place = 0;
    if (place < 0) continue;
    labels.add(boxes[place]);
    context.globalAlpha = isSearching && !isBold(index) ? .35 : 1;
    context.textAlign = "center";
    context.strokeStyle = colours.page;
    context.lineWidth = 3;
    context.strokeText(text, ...centres[place]);
    context.fillStyle = colours.ink;
    context.fillText(text, ...centres[place]);
  }
  context.globalAlpha = 1;
}
function redraw() {
  if (!isDue) requestAnimationFrame(draw);
  isDue = true;
}
function move(x, y) {
  view.x = Math.max(0, Math.min(1, view.x - x / scale()));
  view.y = Math.max(0, Math.min(1, view.y - y / scale()));
  redraw();
}
// Magnifies around a point of the canvas, which stays where it is.
function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const [dx, dy] = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2], before = scale();
  view.zoom = Math.max(1, Math.min(200, view.zoom * factor));
  view.x += dx / before - dx / scale();
  view.y += dy / before - dy / scale();
  move(0, 0);
}
function whole() {
  view = { x: .5, y: .5, zoom: 1 };
  redraw();
}
function select(index) {
  selected = index;
  const token = tokens[index];
  if (!token) status.textContent = "";
  else {
    const distance = (other) => (tokens[other].x - token.x) ** 2 + (tokens[other].y - token.y) ** 2;
    const near = tokens.map((_, other) => other).filter((other) => other !== index).sort((a, b) => distance(a) - distance(b));
    const facts = [hasCounts ? `${token.count} occurrences` : `place ${index + 1} of ${tokens.length}`];
    if (hasClusters) facts.push(`cluster ${token.cluster + 1}`);
    if (near.length) facts.push(`near: ${near.slice(0, 5).map((other) => tokens[other].text).join(" ")}`);
    const name = document.createElement("strong");
    name.textContent = token.text;
    status.replaceChildren(name, ` · ${facts.join(" · ")}`);
  }
  redraw();
}
function goTo(index) {
  view = { x: tokens[index].x, y: tokens[index].y, zoom: Math.max(view.zoom, 3) };
  select(index);
}
function nearest(x, y, reach) {
  let best = null, least = reach ** 2;
  tokens.forEach((token, index) => {
    const [left, top] = toScreen(token), distance = (left - x) ** 2 + (top - y) ** 2;
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}
function search() {
  const query = find.value.toLowerCase(), texts = tokens.map((token) => token.text.toLowerCase());
  matches = query ? texts.map((_, index) => index).filter((index) => texts[index].includes(query)) : [];
  const rank = (index) => texts[index] === query ? 0 : texts[index].startsWith(query) ? 1 : 2;
  matches.sort((a, b) => rank(a) - rank(b) || a - b);
  found.replaceChildren(...matches.slice(0, foundCount).map((index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = tokens[index].text;
    button.addEventListener("click", () => goTo(index));
    return button;
  }));
  if (query) found.append(matches.length > foundCount ? `and ${matches.length - foundCount} more` : matches.length ? "" : "no such token on the map");
  redraw();
}
function explain() {
  const item = (mark, text) => {
    const result = document.createElement("span");
    result.append(mark, text);
    return result;
  };
  if (colour.value === "cluster") {
    const clusters = [];
    for (const token of tokens) (clusters[token.cluster] ??= []).push(token);
    legend.replaceChildren(...clusters.map((own, cluster) => {
      const dot = document.createElement("i");
      dot.style.background = `var(--c${cluster % 8})`;
      return item(dot, `${cluster + 1}: ${own.slice(0, 3).map((token) => token.text).join(" ")}${own.length > 3 ? " …" : ""} (${own.length})`);
    }));
  } else {
    const bar = document.createElement("span");
    bar.className = "bar";
    const ends = hasCounts ? ["0 occurrences", `${tokens[0].count}, on a logarithmic scale`] : ["last in the list", "first; in models of words, the most frequent"];
    legend.replaceChildren(item("", ends[0]), bar, item("", ends[1]));
  }
}
if (hasClusters) colour.append(new Option("clusters of similar embeddings", "cluster"));
colour.append(new Option(hasCounts ? "frequency" : "order in the vocabulary", "frequency"));
colour.addEventListener("change", () => {
  explain();
  redraw();
});
find.addEventListener("input", search);
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !matches.length) return;
  goTo(matches[(matches.indexOf(selected) + 1) % matches.length]);
});
document.getElementById("in").addEventListener("click", () => zoom(1.5));
document.getElementById("out").addEventListener("click", () => zoom(1 / 1.5));
document.getElementById("all").addEventListener("click", whole);
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = Math.min(canvas.clientWidth, canvas.clientHeight) / 8;
  const actions = {
    ArrowLeft: () => move(step, 0), ArrowRight: () => move(-step, 0), ArrowUp: () => move(0, step), ArrowDown: () => move(0, -step),
    "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: whole,
    Enter: () => select(nearest(canvas.clientWidth / 2, canvas.clientHeight / 2, Infinity)), Escape: () => select(null),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
});
const pointers = new Map();
let moved = 0;
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  if (pointers.size === 1) moved = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) {
    const index = nearest(event.offsetX, event.offsetY, 12);
    if (index !== pointed) redraw();
    pointed = index;
    return;
  }
  moved += Math.abs(event.offsetX - before.offsetX) + Math.abs(event.offsetY - before.offsetY);
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
  if (other) {
    const distance = (one) => Math.max(1, Math.hypot(one.offsetX - other.offsetX, one.offsetY - other.offsetY));
    zoom(distance(event) / distance(before), (event.offsetX + other.offsetX) / 2, (event.offsetY + other.offsetY) / 2);
  } else move(event.offsetX - before.offsetX, event.offsetY - before.offsetY);
  pointers.set(event.pointerId, event);
});
canvas.addEventListener("pointerup", (event) => {
  if (pointers.size === 1 && moved < 5) select(nearest(event.offsetX, event.offsetY, 20));
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
canvas.addEventListener("pointerleave", () => {
  pointed = null;
  redraw();
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
}, { passive: false });
new ResizeObserver(redraw).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
explain();
redraw();
