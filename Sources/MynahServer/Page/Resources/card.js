// The view with the cards of the server's models.
import { byId, element, number } from "./elements.js";

const kinds = { languageModel: "Language model", classifier: "Text classifier" };
const tokenizers = {
  word: "Words, separated by white space", "words-and-punctuation": "Words and punctuation",
  "keras-word": "Words, as Keras splits them", character: "Characters", byte: "Bytes", "byte-pair": "Byte pairs",
  "tokenizer.json": "As in a tokenizer.json file",
};
const precisions = {
  float32: "32-bit floating point (float32)", bfloat16: "16-bit floating point (bfloat16)",
  int8: "8-bit integers (int8)",
};

export const command = () => ["GET", "/v1/models"];

// "validationPerplexity" as "validation perplexity".
const words = (name) => name.replace(/[_-]+/g, " ")
  .replace(/([a-z\d])([A-Z])/g, (_, before, letter) => `${before} ${letter.toLowerCase()}`);

function value(content) {
  if (content === null || content === undefined || content === "") return "–";
  if (typeof content === "number") return Number.isInteger(content) ? number(content) : String(content);
  if (typeof content === "boolean") return content ? "yes" : "no";
  if (Array.isArray(content)) {
    return content.length ? element("ul", "values", ...content.map((one) => element("li", "", value(one)))) : "none";
  }
  if (typeof content === "object") return list(Object.entries(content).map(([name, inner]) => [words(name), inner]));
  return String(content);
}

function list(fields) {
  return element("dl", "fields", ...fields.map(([name, content]) =>
    element("div", "", element("dt", "", name), element("dd", "", value(content)))));
}

function card(model, isCurrent) {
  const known = new Set(["id", "object", "kind", "created", "owned_by", "architecture", "parameterCount",
    "vocabularySize", "tokenizer", "precision", "labels", "notes"]);
  const date = new Date(model.created * 1000);
  const fields = [
    ["Architecture", model.architecture],
    ["Parameters", model.parameterCount],
    ["Vocabulary", model.vocabularySize === undefined ? undefined : `${number(model.vocabularySize)} tokens`],
    ["Tokenizer", tokenizers[model.tokenizer] ?? model.tokenizer],
    ["Precision", precisions[model.precision] ?? model.precision],
    ["Labels", model.labels?.length ? model.labels : undefined],
    ["Created", model.created ? date.toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" }) : undefined],
    ["Owner", model.owned_by],
    ...Object.entries(model).filter(([name]) => !known.has(name)).map(([name, content]) => [words(name), content]),
  ].filter(([, content]) => content !== undefined);
  const kind = element("p", "kind", kinds[model.kind] ?? words(model.kind ?? "Model"));
  const head = element("header", "", element("h2", "", model.id), kind);
  if (isCurrent) kind.append(element("span", "badge", "selected"));
  const result = element("article", "card model", head, list(fields));
  const notes = Object.entries(model.notes ?? {}).map(([name, content]) => [words(name), content]);
  if (notes.length) result.append(element("h3", "heading", "Notes"), list(notes));
  return result;
}

export function showModels(models, current) {
  const isCurrent = (model) => model.id === current, hasOthers = models.length > 1;
  const sorted = [...models].sort((a, b) => isCurrent(b) - isCurrent(a));
  byId("cards").replaceChildren(...sorted.map((model) => card(model, isCurrent(model) && hasOthers)));
  if (!models.length) byId("cards").append(element("p", "empty", "This server has no models."));
}
