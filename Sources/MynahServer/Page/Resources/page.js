// The page of `mynah serve`: tabs, the choice of the model, the token, and curl commands.
import { APIError, curl, onTokenNeeded, request } from "./api.js";
import * as card from "./card.js";
import { announce, byId, report } from "./elements.js";
import * as map from "./map.js";
import * as surprisal from "./surprisal.js";
import * as tip from "./tip.js";
import * as type from "./type.js";
import * as write from "./write.js";

const views = { write, surprisal, type, map, card };
const names = Object.keys(views), tabOf = (name) => byId(`tab-${name}`), viewOf = (name) => byId(`${name}-view`);
const labels = [], choice = byId("model-choice");
let models = [], current = "write";

const modelName = () => choice.value || null;

// Tabs. The address calls the last one "model", as the tab does.

const hashOf = (name) => name === "card" ? "model" : name;

function show(name, hasFocus = false) {
  current = name;
  tip.hide();
  byId("command").hidden = true;
  for (const reset of labels) reset();
  for (const other of names) {
    const isShown = other === name;
    tabOf(other).setAttribute("aria-selected", isShown);
    tabOf(other).tabIndex = isShown ? 0 : -1;
    viewOf(other).hidden = !isShown;
  }
  if (hasFocus) tabOf(name).focus();
  if (location.hash !== `#${hashOf(name)}`) history.replaceState(null, "", `#${hashOf(name)}`);
  if (modelName()) views[name].shown?.();
}

const fromHash = () => names.find((name) => `#${hashOf(name)}` === location.hash) ?? "write";
addEventListener("hashchange", () => show(fromHash()));
for (const name of names) tabOf(name).addEventListener("click", () => show(name));
document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const index = names.indexOf(current), last = names.length - 1;
  const [next, previous] = [index === last ? 0 : index + 1, index === 0 ? last : index - 1];
  const targets = { ArrowRight: next, ArrowLeft: previous, Home: 0, End: last };
  if (!(event.key in targets) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  show(names[targets[event.key]], true);
});

// curl

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that come over plain HTTP from another machine have no clipboard; selecting and copying still works.
    const range = document.createRange(), selection = getSelection();
    range.selectNodeContents(byId("command-text"));
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }
}

for (const name of names) {
  const own = byId(`${name}-copy`), label = own.textContent;
  let timer = 0;
  labels.push(() => { own.textContent = label; });
  own.addEventListener("click", async () => {
    let text;
    try {
      text = curl(...views[name].command());
    } catch (error) {
      report(error);
      return;
    }
    byId("command-text").textContent = text;
    viewOf(name).append(byId("command"));
    byId("command").hidden = false;
    const isCopied = await copy(text);
    const outcome = isCopied ? "Copied to the clipboard" : "Select the command and copy it";
    byId("command-heading").textContent = outcome;
    own.textContent = isCopied ? "Copied ✓" : label;
    announce(outcome);
    byId("command").scrollIntoView({ block: "nearest" });
    clearTimeout(timer);
    timer = setTimeout(() => { own.textContent = label; }, 2500);
  });
}
byId("command-close").addEventListener("click", () => {
  byId("command").hidden = true;
  byId(`${current}-copy`).focus();
});

// The token

const key = byId("key");
let answer = null;
onTokenNeeded((isRefused) => {
  // Requests that fail at the same time wait for the same form.
  answer ??= Promise.withResolvers();
  byId("key-error").textContent = isRefused ? "The server does not accept this token." : "";
  if (!key.open) key.showModal();
  byId("key-input").select();
  return answer.promise;
});

function settle(token) {
  byId("key-input").value = "";
  key.close();
  answer?.resolve(token);
  answer = null;
}

byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  settle(byId("key-input").value.trim());
});
byId("key-cancel").addEventListener("click", () => settle(null));
key.addEventListener("cancel", (event) => {
  event.preventDefault();
  settle(null);
});

// Models

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function loadModels() {
  for (;;) {
    try {
      return (await request("GET", "/v1/models")).data;
    } catch (error) {
      if (error.status !== 503) throw error;
      report(error);
      await pause(1500);
    }
  }
}

function modelChanged() {
  card.showModels(models, modelName());
  write.modelsChanged();
  type.modelsChanged();
  if (modelName()) views[current].shown?.();
}

for (const view of [write, surprisal, type, map]) view.open(modelName);
choice.addEventListener("change", modelChanged);
show(fromHash());
try {
  models = await loadModels();
  report(null);
  const usable = models.filter((model) => model.kind === "languageModel");
  choice.replaceChildren(...usable.map((model) => new Option(model.id)));
  choice.hidden = usable.length < 2;
  byId("model-name").textContent = usable.length === 1 ? usable[0].id : "";
  byId("model-name").hidden = usable.length !== 1;
  byId("model-label").hidden = usable.length === 0;
  if (!usable.length) {
    report(new APIError("This server has no language model, so only the “Model” tab has anything to show."));
  }
  modelChanged();
} catch (error) {
  report(error);
}
