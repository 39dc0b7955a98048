// The view that suggests the next word while a text is typed.
import { request } from "./api.js";
import { byId, button, element, number, percent, report, visible } from "./elements.js";

const [typed, box, saved] = ["typed", "suggestions", "saved"].map(byId);
const delay = 90;
let timer = 0, controller = null, offered = [], modelOf = () => null, isOpened = false;
// Keys pressed, and characters that they would have been without suggestions.
let keys = 0, gained = 0;

// The text before the caret: what is complete, and the beginning of a word.
function parts() {
  const before = typed.value.slice(0, typed.selectionEnd), prefix = before.match(/\S*$/)[0];
  return { context: before.slice(0, before.length - prefix.length), prefix };
}

export const command = () => ["POST", "/v1/suggestions", { model: modelOf(), ...parts(), count: 3 }];

function clear() {
  clearTimeout(timer);
  controller?.abort();
  offered = [];
  box.replaceChildren();
}

function fetchSoon() {
  clearTimeout(timer);
  controller?.abort();
  // What was suggested for another text must not be accepted into this one.
  offered = [];
  box.classList.add("stale");
  timer = setTimeout(load, delay);
}

async function load() {
  if (!modelOf()) return;
  const own = controller = new AbortController();
  try {
    const [method, path, body] = command();
    const { suggestions } = await request(method, path, body, own.signal);
    if (own === controller && !own.signal.aborted) show(suggestions, body.prefix);
  } catch (error) {
    if (error.name === "AbortError") return;
    clear();
    report(error);
  }
}

function show(suggestions, prefix) {
  offered = suggestions;
  box.classList.remove("stale");
  box.replaceChildren(...suggestions.map((suggestion, index) => {
    const isLonger = suggestion.text.toLowerCase().startsWith(prefix.toLowerCase());
    const word = isLonger && prefix
      ? [element("span", "have", suggestion.text.slice(0, prefix.length)),
        visible(suggestion.text.slice(prefix.length) || " ")]
      : [visible(suggestion.text)];
    const bar = element("span", "bar", element("i"));
    bar.firstChild.style.width = `${Math.max(1, 100 * suggestion.probability)}%`;
    bar.setAttribute("aria-hidden", "true");
    const result = button("suggestion", () => accept(index), element("kbd", "", String(index + 1)),
      element("span", "word", ...word), bar, element("span", "share", percent(suggestion.probability)));
    // The box keeps the focus, so that typing goes on.
    result.addEventListener("pointerdown", (event) => event.preventDefault());
    return result;
  }));
  const reason = prefix ? `No known word starts with “${prefix}”.` : "No suggestions here.";
  if (!suggestions.length) box.append(element("p", "empty", reason));
}

function accept(index) {
  const suggestion = offered[index];
  if (!suggestion) return;
  const { prefix } = parts(), end = typed.selectionEnd, hasSpace = /^\s/.test(typed.value.slice(end));
  const isLineEnd = /\n$/.test(suggestion.text), written = suggestion.text + (isLineEnd || hasSpace ? "" : " ");
  typed.focus();
  typed.setRangeText(written, end - prefix.length, end, "end");
  keys += 1;
  gained += written.length - prefix.length - 1;
  paintSaved();
  fetchSoon();
}

function paintSaved() {
  const all = keys + gained, share = `${number(100 * gained / all)} %`;
  saved.textContent = gained > 0 ? `${number(gained)} of ${number(all)} keystrokes saved (${share})` : "";
}

typed.addEventListener("input", (event) => {
  if (event.inputType?.startsWith("insert")) keys += 1;
  if (typed.value === "") [keys, gained] = [0, 0];
  paintSaved();
  fetchSoon();
});
typed.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    clear();
    return;
  }
  // Within a number, digits are digits.
  const isDigit = /^[1-3]$/.test(event.key) && !/\d$/.test(parts().prefix);
  const index = event.key === "Tab" && !event.shiftKey ? 0 : isDigit ? Number(event.key) - 1 : -1;
  if (index < 0 || !offered[index]) return;
  event.preventDefault();
  accept(index);
});
for (const name of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]) {
  typed.addEventListener("keyup", (event) => event.key === name && fetchSoon());
}
typed.addEventListener("click", fetchSoon);

export function open(currentModel) {
  modelOf = currentModel;
}

export function shown() {
  if (!isOpened) load();
  isOpened = true;
}

export function modelsChanged() {
  if (isOpened) fetchSoon();
}
