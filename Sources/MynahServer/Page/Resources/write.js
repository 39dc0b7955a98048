// The view that writes texts: sampling, branches from alternatives, and the states on the server behind them.
import { APIError, forget, request, stream } from "./api.js";
import { announce, byId, count, element, button, number, percent, report, visible } from "./elements.js";
import * as tip from "./tip.js";
import { TokenText, align, bitsOf, facts, fillLegend } from "./tokens.js";

const [prompt, generate, goOn, tree, textBox] = ["prompt", "generate", "continue", "tree", "text"].map(byId);

// What the branches start from: { model, prompt, state } with the state after the prompt, which is never fed.
let root = null;
// { number, text, parent, from, tokens, state, fed }: `text` is the number of a text, which has no parent; `from` is the
// index of the first token that the parent does not have; `state` is the state after the first `fed` tokens, or null.
let branches = [], selected = null, nextNumber = 1;
// The running generation: { controller, branch, start, count }; and a promise that the last one has ended.
let running = null, ended = Promise.resolve(), modelOf = () => null;

const text = new TokenText(textBox, {
  describe(index) {
    const token = selected?.tokens[index];
    if (!token) return null;
    const alternatives = token.alternatives.map((other) => ({
      ...other, text: other.token, probability: Math.exp(other.logprob ?? -Infinity), isChosen: other.id === token.id,
    }));
    if (!alternatives.some((other) => other.isChosen)) {
      const { id, piece, logprob } = token;
      alternatives.push({ id, token: piece, logprob, text: piece, probability: Math.exp(logprob), isChosen: true });
    }
    return {
      text: token.piece, facts: facts(bitsOf(token.logprob)), alternatives, hint: "Pick one to start a branch.",
      onPick: (alternative) => branchFrom(index, alternative),
    };
  },
  makeLine: () => textBox.appendChild(element("div", "line")),
});

function settings() {
  const length = byId("length"), seed = byId("seed");
  for (const input of [length, seed]) {
    if (!input.checkValidity()) throw new APIError(`${input.labels[0].textContent}: ${input.validationMessage}`);
  }
  const result = { max_tokens: Number(length.value || 80), temperature: Number(byId("temperature").value),
    top_p: Number(byId("top-p").value) };
  if (seed.value !== "") result.seed = Number(seed.value);
  return result;
}

export const command = () => ["POST", "/v1/completions",
  { model: modelOf(), prompt: prompt.value, ...settings(), logprobs: 5, stream: true }];

// States

const withoutState = (error) => error.code === "state_not_found" || error.status === 404 && error.code === null;

// Requests that make a state are not interrupted: their answer is needed to delete it.
async function make(path, body, signal) {
  const { id } = await request("POST", path, body);
  if (signal.aborted) forget(id);
  signal.throwIfAborted();
  return id;
}

async function rootState(signal) {
  const own = root, text = own.prompt ? { text: own.prompt } : {};
  own.state ??= await make("/v1/states", { model: own.model, ...text }, signal);
  return own.state;
}

// The state after all tokens of a branch. If one of the states has expired, starts again from the tokens' ids.
async function stateOf(branch, signal) {
  for (let isRetry = false; ; isRetry = true) {
    try {
      const start = await rootState(signal);
      if (!branch.tokens.length) return start;
      if (!branch.state) {
        branch.state = await make(`/v1/states/${start}/fork`, {}, signal);
        branch.fed = 0;
      }
      const missing = branch.tokens.slice(branch.fed).map((token) => token.id);
      if (missing.length) {
        const upTo = branch.tokens.length;
        await request("POST", `/v1/states/${branch.state}/feed`, { tokens: missing }, signal);
        branch.fed = upTo;
      }
      return branch.state;
    } catch (error) {
      // After an interruption nobody knows what the state has been fed.
      drop(branch);
      if (!withoutState(error) || isRetry) throw error;
      root.state = null;
    }
  }
}

function drop(branch) {
  if (branch.state) forget(branch.state);
  branch.state = null;
  branch.fed = 0;
}

function forgetAll() {
  for (const branch of branches) drop(branch);
  if (root?.state) forget(root.state);
  if (root) root.state = null;
}

// Generation

function extend(branch) {
  stop();
  // Two at the same time would feed the same state.
  ended = run(branch, ended);
}

async function run(branch, previous) {
  let sampling;
  try {
    sampling = settings();
  } catch (error) {
    report(error);
    return;
  }
  report(null);
  const own = running = { controller: new AbortController(), branch, start: 0, count: 0 };
  const { signal } = own.controller;
  update();
  try {
    await previous;
    signal.throwIfAborted();
    for (let isRetry = false; ; isRetry = true) {
      const state = await stateOf(branch, signal);
      try {
        own.start = performance.now();
        const body = { model: root.model, prompt: "", state, ...sampling, logprobs: 5, stream: true };
        for await (const event of stream("/v1/completions", body, signal)) {
          const choice = event.choices?.[0];
          if (choice?.logprobs) take(own, choice);
        }
        break;
      } catch (error) {
        if (!withoutState(error) || isRetry) throw error;
        if (branch.tokens.length) drop(branch);
        root.state = null;
      }
    }
    announce(`${count(own.count, "token")} written.`);
  } catch (error) {
    report(error);
  } finally {
    own.end = performance.now();
    branch.speed = own.count ? own.count / Math.max(1e-3, (own.end - own.start) / 1000) : branch.speed;
    if (running === own) running = null;
    // A text that was refused or stopped at once is not worth a place in the tree.
    if (!branch.tokens.length && branches.includes(branch)) remove(branch, true);
    update();
  }
}

function take(own, choice) {
  const { tokens, token_logprobs: logprobs, token_ids: ids, alternatives } = choice.logprobs;
  align(choice.text, tokens).forEach(({ gap, piece }, index) => {
    own.branch.tokens.push({ id: ids[index], gap, piece, logprob: logprobs[index] ?? 0,
      alternatives: alternatives?.[index] ?? [] });
    own.count += 1;
  });
  paintSoon();
}

export function stop() {
  running?.controller.abort();
  running = null;
}

function start() {
  stop();
  const model = modelOf();
  if (!model) return;
  if (root?.prompt !== prompt.value || root.model !== model) {
    forgetAll();
    [branches, nextNumber, root] = [[], 1, { model, prompt: prompt.value, state: null }];
  }
  extend(add(null, 0, []));
}

function add(parent, from, tokens) {
  const texts = branches.filter((one) => !one.parent).map((one) => one.text);
  const branch = { number: nextNumber, text: parent ? null : Math.max(0, ...texts) + 1, parent, from, tokens,
    state: null, fed: 0 };
  nextNumber += 1;
  branches.push(branch);
  select(branch);
  return branch;
}

async function branchFrom(index, alternative) {
  stop();
  const replaced = selected.tokens[index];
  let parent = selected;
  while (parent.parent && index < parent.from) parent = parent.parent;
  const token = { ...replaced, id: alternative.id, logprob: alternative.logprob, isFork: true,
    ...await spelled(selected.tokens[index - 1], replaced, alternative) };
  const hadFocus = tip.contains(document.activeElement) || document.activeElement === document.body;
  const branch = add(parent, index, [...selected.tokens.slice(0, index), token]);
  // Unless the user has gone elsewhere in the meantime, the new token gets the focus.
  if (hadFocus) text.go(text.spans[index]);
  tip.hide();
  announce(`Branch ${branch.number} starts with ${visible(token.piece)}.`);
  extend(branch);
}

// An alternative's gap and piece, as the server writes it after the token before it.
async function spelled(before, replaced, alternative) {
  if (alternative.id === replaced.id) return { gap: replaced.gap, piece: replaced.piece };
  try {
    const ids = before ? [before.id, alternative.id] : [alternative.id];
    const { prompt: written } = await request("POST", "/detokenize", { model: root.model, tokens: ids });
    const lead = before?.piece ?? "", rest = written.slice(lead.length);
    if (written.startsWith(lead) && rest) {
      const [spelling] = align(rest, [alternative.token]);
      return before ? spelling : { ...spelling, gap: spelling.gap || replaced.gap };
    }
  } catch {
    // The token's own text has to do.
  }
  const piece = alternative.token === "<eos>" ? "\n" : alternative.token;
  return { gap: piece === "\n" ? "" : replaced.gap, piece };
}

function remove(branch, isQuiet = false) {
  const doomed = new Set([branch]);
  // Children come after their parents.
  for (const other of branches) if (doomed.has(other.parent)) doomed.add(other);
  if (running && doomed.has(running.branch)) stop();
  for (const one of doomed) drop(one);
  const index = branches.indexOf(branch);
  branches = branches.filter((other) => !doomed.has(other));
  if (!isQuiet) announce(`${doomed.size === 1 ? "One branch" : `${doomed.size} branches`} deleted.`);
  const hadFocus = tree.contains(document.activeElement);
  select(doomed.has(selected) ? branch.parent ?? branches[Math.min(index, branches.length - 1)] ?? null : selected);
  if (hadFocus) (itemOf(selected) ?? prompt).focus();
}

// Display

let isPaintDue = false;
function paintSoon() {
  if (!isPaintDue) requestAnimationFrame(paint);
  isPaintDue = true;
}

// Adds the tokens that are not shown yet.
function paint() {
  isPaintDue = false;
  if (!selected) return;
  for (let index = text.spans.length; index < selected.tokens.length; index += 1) {
    const { gap, piece, logprob, isFork } = selected.tokens[index];
    text.add({ gap, piece, bits: bitsOf(logprob), className: isFork ? "fork" : "" });
  }
  paintFigures();
}

function paintFigures() {
  const tokens = selected?.tokens ?? [], figures = byId("figures");
  figures.hidden = !tokens.length;
  if (!tokens.length) return;
  const mean = tokens.reduce((sum, token) => sum + bitsOf(token.logprob), 0) / tokens.length;
  const parts = [count(tokens.length, "token"), `${number(mean, 2)} bits per token`];
  const isRunning = running?.branch === selected && running.count;
  const speed = isRunning ? running.count / ((performance.now() - running.start) / 1000) : selected.speed;
  if (speed && Number.isFinite(speed)) parts.push(`${number(speed)} tokens per second`);
  figures.textContent = parts.join(" · ");
  const label = itemOf(selected)?.querySelector(":scope > .row .size");
  if (label) label.textContent = number(tokens.length);
}

function select(branch) {
  selected = branch;
  text.clear();
  byId("text-empty").hidden = Boolean(branch);
  if (branch && root.prompt) {
    const lines = root.prompt.split("\n");
    for (const line of lines) text.newLine().append(element("span", "given", line));
  }
  paint();
  paintTree();
  update();
}

const itemOf = (branch) => branch && tree.querySelector(`[data-number="${branch.number}"]`);

function item(branch) {
  const children = branches.filter((other) => other.parent === branch), isChosen = branch === selected;
  const first = branch.tokens[branch.from];
  const name = element("span", "name");
  if (branch.parent) {
    const before = branch.tokens.slice(Math.max(0, branch.from - 2), branch.from);
    const written = before.map((token) => token.gap + token.piece).join("").trim();
    name.append(element("span", "before", `${written || "start"} `), element("strong", "", visible(first.piece)),
      element("span", "share", ` ${percent(Math.exp(first.logprob))}`));
  } else {
    name.append(element("strong", "", `Text ${branch.text}`));
  }
  const row = element("div", "row", name, element("span", "size", number(branch.tokens.length)));
  row.append(element("span", "unseen", " tokens"));
  row.addEventListener("click", () => {
    select(branch);
    itemOf(branch).focus();
  });
  const result = element("li", "", row);
  result.dataset.number = branch.number;
  result.setAttribute("role", "treeitem");
  result.setAttribute("aria-selected", isChosen);
  result.tabIndex = isChosen ? 0 : -1;
  if (children.length) {
    const group = element("ul", "", ...children.map(item));
    group.setAttribute("role", "group");
    result.setAttribute("aria-expanded", "true");
    result.append(group);
  }
  return result;
}

function paintTree() {
  tree.replaceChildren(...branches.filter((branch) => !branch.parent).map(item));
  tree.hidden = byId("tree-actions").hidden = !branches.length;
  byId("tree-empty").hidden = branches.length > 0;
}

function update() {
  const isRunning = running !== null;
  generate.textContent = isRunning ? "Stop" : "Generate";
  generate.classList.toggle("stop", isRunning);
  generate.disabled = !modelOf();
  goOn.hidden = !selected || isRunning;
  textBox.setAttribute("aria-busy", isRunning);
  textBox.classList.toggle("writing", isRunning && running.branch === selected);
  paintFigures();
}

tree.addEventListener("keydown", (event) => {
  const items = [...tree.querySelectorAll("[role=treeitem]")], here = event.target.closest("[role=treeitem]");
  const index = items.indexOf(here), branch = branches.find((one) => String(one.number) === here?.dataset.number);
  if (!branch || event.ctrlKey || event.metaKey || event.altKey) return;
  const targets = {
    ArrowDown: items[index + 1], ArrowUp: items[index - 1], Home: items[0], End: items.at(-1),
    ArrowLeft: here.parentElement.closest("[role=treeitem]"), ArrowRight: here.querySelector("[role=treeitem]"),
  };
  if (event.key in targets) {
    event.preventDefault();
    const target = targets[event.key];
    if (!target) return;
    const number = target.dataset.number;
    select(branches.find((one) => String(one.number) === number));
    itemOf(selected).focus();
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    remove(branch);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    text.spans[branch.from] && text.go(text.spans[branch.from]);
  }
});

// `currentModel` returns the name of the selected model, or null.
export function open(currentModel) {
  modelOf = currentModel;
  fillLegend(byId("write-legend"), false);
  for (const id of ["temperature", "top-p"]) {
    const show = () => { byId(`${id}-value`).textContent = Number(byId(id).value).toFixed(2); };
    byId(id).addEventListener("input", show);
    show();
  }
  generate.addEventListener("click", () => {
    if (running) stop();
    else start();
    update();
  });
  goOn.addEventListener("click", () => {
    generate.focus();
    extend(selected);
  });
  byId("delete").addEventListener("click", () => selected && remove(selected));
  byId("write-view").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      start();
    } else if (event.key === "Escape") {
      if (running) stop();
      else tip.hide();
      update();
    }
  });
  // A page that comes back from the browser's cache makes its states anew.
  addEventListener("pagehide", () => {
    stop();
    forgetAll();
  });
  update();
}

export const modelsChanged = update;
