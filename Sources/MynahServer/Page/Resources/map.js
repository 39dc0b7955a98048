// The view with the map of the embeddings: moved, magnified and searched.
import { request } from "./api.js";
import { byId, button, count, element, number, report, visible } from "./elements.js";

const [plot, find, found, chosen, empty] = ["plot", "find", "found", "chosen", "map-empty"].map(byId);
const context = plot.getContext("2d"), foundCount = 12, margin = 28;
let tokens = [], matches = [], selected = null, pointed = null, isDue = false, loaded = null, modelOf = () => null;
// The part of the square that is shown: its centre and the magnification.
let view = { x: 0.5, y: 0.5, zoom: 1 };

const path = () => `/v1/models/${encodeURIComponent(modelOf())}/embeddings`;
export const command = () => ["GET", path()];

async function load() {
  const model = modelOf();
  if (!model || loaded === model) return;
  loaded = model;
  [tokens, matches, selected, pointed] = [[], [], null, null];
  empty.hidden = false;
  empty.textContent = "Loading the map …";
  try {
    const answer = await request("GET", path());
    if (loaded !== model) return;
    tokens = placed(answer.tokens);
    empty.hidden = tokens.length > 0;
    empty.textContent = "This model has no embeddings to show.";
  } catch (error) {
    if (loaded === model) loaded = null;
    empty.textContent = "The map could not be loaded.";
    report(error);
  }
  whole();
  search();
  select(null);
}

// Scales the positions into the unit square, the same in both directions.
function placed(all) {
  const xs = all.map((token) => token.x), ys = all.map((token) => token.y);
  const range = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity]);
  const [left, right] = range(xs), [bottom, top] = range(ys), width = right - left || 1, height = top - bottom || 1;
  return all.map((token) => ({ ...token, name: visible(token.text), key: token.text.toLowerCase(),
    x: (token.x - left) / width, y: 1 - (token.y - bottom) / height }));
}

// The two directions fill the frame; PCA's axes have no common unit that has to be kept.
const scaleX = () => view.zoom * Math.max(40, plot.clientWidth - 2 * margin);
const scaleY = () => view.zoom * Math.max(40, plot.clientHeight - 2 * margin);
const toScreen = (token) => [plot.clientWidth / 2 + (token.x - view.x) * scaleX(),
  plot.clientHeight / 2 + (token.y - view.y) * scaleY()];

function colours() {
  const style = getComputedStyle(document.documentElement), read = (name) => style.getPropertyValue(name).trim();
  return { ink: read("--ink"), quiet: read("--quiet"), page: read("--panel"), dot: `rgb(${read("--cool")})`,
    mark: `rgb(${read("--warm")})` };
}

// Boxes in a grid of cells, to find out quickly whether a label has room.
class Places {
  cells = new Map();

  keys({ left, right, top, bottom }) {
    const result = [];
    for (let x = Math.floor(left / 48); x <= Math.floor(right / 48); x += 1) {
      for (let y = Math.floor(top / 24); y <= Math.floor(bottom / 24); y += 1) result.push(`${x},${y}`);
    }
    return result;
  }

  add(box) {
    for (const key of this.keys(box)) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
  }

  isFree(box) {
    return !this.keys(box).some((key) => this.cells.get(key)?.some((other) =>
      box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom));
  }
}

function draw() {
  isDue = false;
  const ratio = devicePixelRatio || 1, width = plot.clientWidth, height = plot.clientHeight, palette = colours();
  if (!width) return;
  [plot.width, plot.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const hits = new Set(matches), isSearching = find.value !== "";
  const isMarked = (index) => index === selected || index === pointed || hits.has(index);
  const spots = tokens.map(toScreen);
  const isInside = ([x, y]) => x > -20 && x < width + 20 && y > -20 && y < height + 20;
  const shown = tokens.map((_, index) => index).filter((index) => isInside(spots[index]));
  shown.sort((a, b) => isMarked(b) - isMarked(a) || a - b);
  const places = new Places(), marks = new Places();
  for (const index of [...shown].reverse()) {
    const [x, y] = spots[index], radius = isMarked(index) ? 5.5 : 2.5 + 2 * (1 - index / tokens.length);
    context.globalAlpha = isMarked(index) ? 1 : isSearching ? 0.18 : 0.7;
    context.fillStyle = isMarked(index) ? palette.mark : palette.dot;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
    if (isMarked(index)) {
      context.strokeStyle = palette.ink;
      context.lineWidth = index === selected ? 2.5 : 1.2;
      context.stroke();
    }
    places.add({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });
  }
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.lineJoin = "round";
  // Labels of marked tokens come first and have to avoid each other only; the others, those of the first tokens first,
  // are where there is room.
  for (const index of shown.slice(0, 800)) {
    const [x, y] = spots[index], isBold = isMarked(index), { name } = tokens[index];
    context.font = `${isBold ? "600 14px" : "13px"} system-ui, sans-serif`;
    const length = context.measureText(name).width, gap = isBold ? 9 : 7;
    const starts = [[x + gap, y], [x - gap - length, y], [x - length / 2, y - 14], [x - length / 2, y + 14]];
    const boxes = starts.map(([left, middle]) =>
      ({ left: left - 2, right: left + length + 2, top: middle - 8, bottom: middle + 8 }));
    let side = boxes.findIndex((box) => box.left > 2 && box.right < width - 2 && (isBold ? marks : places).isFree(box));
    if (side < 0 && (index === selected || index === pointed)) side = x + length + gap < width ? 0 : 1;
    if (side < 0) continue;
    places.add(boxes[side]);
    if (isBold) marks.add(boxes[side]);
    context.globalAlpha = isSearching && !isBold ? 0.35 : 1;
    context.strokeStyle = palette.page;
    context.lineWidth = 4;
    context.strokeText(name, ...starts[side]);
    context.fillStyle = isBold ? palette.ink : palette.quiet;
    context.fillText(name, ...starts[side]);
  }
  context.globalAlpha = 1;
}

function redraw() {
  if (!isDue) requestAnimationFrame(draw);
  isDue = true;
}

function move(x, y) {
  const within = (value) => Math.max(0, Math.min(1, value));
  view.x = within(view.x - x / scaleX());
  view.y = within(view.y - y / scaleY());
  redraw();
}

// Magnifies around a point of the canvas, which stays where it is.
function zoom(factor, x = plot.clientWidth / 2, y = plot.clientHeight / 2) {
  const [dx, dy] = [x - plot.clientWidth / 2, y - plot.clientHeight / 2], [oldX, oldY] = [scaleX(), scaleY()];
  view.zoom = Math.max(1, Math.min(200, view.zoom * factor));
  view.x += dx / oldX - dx / scaleX();
  view.y += dy / oldY - dy / scaleY();
  move(0, 0);
}

function whole() {
  view = { x: 0.5, y: 0.5, zoom: 1 };
  redraw();
}

function select(index) {
  selected = index;
  const token = tokens[index];
  chosen.replaceChildren();
  if (token) {
    const distance = (other) => Math.hypot(tokens[other].x - token.x, tokens[other].y - token.y);
    const near = tokens.map((_, other) => other).filter((other) => other !== index)
      .sort((a, b) => distance(a) - distance(b)).slice(0, 6);
    const fact = token.count === undefined ? `token ${number(token.id)}` : count(token.count, "occurrence");
    chosen.append(element("strong", "", token.name), element("span", "hint", ` ${fact}`));
    const names = near.map((other) => tokens[other].name).join(", ");
    if (names) chosen.append(element("span", "hint", " · near it: "), names);
  }
  redraw();
}

function goTo(index) {
  view = { x: tokens[index].x, y: tokens[index].y, zoom: Math.max(view.zoom, 3) };
  select(index);
}

function nearest(x, y, reach) {
  let best = null, least = reach;
  tokens.forEach((token, index) => {
    const [left, top] = toScreen(token), distance = Math.hypot(left - x, top - y);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

function search() {
  const query = find.value.toLowerCase();
  matches = query ? tokens.map((_, index) => index).filter((index) => tokens[index].key.includes(query)) : [];
  const rank = (index) => tokens[index].key === query ? 0 : tokens[index].key.startsWith(query) ? 1 : 2;
  matches.sort((a, b) => rank(a) - rank(b) || a - b);
  found.replaceChildren(...matches.slice(0, foundCount)
    .map((index) => button("match", () => goTo(index), tokens[index].name)));
  const more = matches.length - foundCount;
  if (query && more > 0) found.append(element("span", "hint", `and ${number(more)} more`));
  if (query && !matches.length) found.append(element("span", "hint", "No token on the map contains this."));
  redraw();
}

find.addEventListener("input", search);
find.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && matches.length) goTo(matches[(matches.indexOf(selected) + 1) % matches.length]);
});
byId("zoom-in").addEventListener("click", () => zoom(1.5));
byId("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
byId("zoom-all").addEventListener("click", whole);
plot.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = Math.min(plot.clientWidth, plot.clientHeight) / 8;
  const actions = {
    ArrowLeft: () => move(step, 0), ArrowRight: () => move(-step, 0),
    ArrowUp: () => move(0, step), ArrowDown: () => move(0, -step),
    "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: whole,
    Enter: () => select(nearest(plot.clientWidth / 2, plot.clientHeight / 2, Infinity)), Escape: () => select(null),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
});

const pointers = new Map();
let travelled = 0;
plot.addEventListener("pointerdown", (event) => {
  plot.setPointerCapture(event.pointerId);
  if (!pointers.size) travelled = 0;
  pointers.set(event.pointerId, event);
});
plot.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) {
    const index = nearest(event.offsetX, event.offsetY, 12);
    if (index !== pointed) redraw();
    pointed = index;
    return;
  }
  travelled += Math.hypot(event.offsetX - before.offsetX, event.offsetY - before.offsetY);
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
  if (other) {
    const distance = (one) => Math.max(1, Math.hypot(one.offsetX - other.offsetX, one.offsetY - other.offsetY));
    zoom(distance(event) / distance(before), (event.offsetX + other.offsetX) / 2, (event.offsetY + other.offsetY) / 2);
  } else {
    move(event.offsetX - before.offsetX, event.offsetY - before.offsetY);
  }
  pointers.set(event.pointerId, event);
});
plot.addEventListener("pointerup", (event) => {
  if (pointers.size === 1 && travelled < 5) select(nearest(event.offsetX, event.offsetY, 20));
});
for (const name of ["pointerup", "pointercancel"]) {
  plot.addEventListener(name, (event) => pointers.delete(event.pointerId));
}
plot.addEventListener("pointerleave", () => {
  pointed = null;
  redraw();
});
plot.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
}, { passive: false });
new ResizeObserver(redraw).observe(plot);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

export function open(currentModel) {
  modelOf = currentModel;
}

export const shown = load;
