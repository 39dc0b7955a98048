// The view that shows how much each token of a text surprises the model.
import { request } from "./api.js";
import { announce, byId, count, element, number, report } from "./elements.js";
import * as tip from "./tip.js";
import { TokenText, align, facts, fillLegend, stepOf } from "./tokens.js";

const [input, heat, totals] = ["input", "heat", "totals"].map(byId);
let tokens = [], controller = null, modelOf = () => null, row = null;

const text = new TokenText(heat, {
  describe(index) {
    const token = tokens[index];
    if (!token) return null;
    const details = facts(token.surprisal, token.rank);
    if (token.isUnknown) details.push("not in the vocabulary, measured as <unk>");
    const isChosen = (other) => other.id === token.id && !token.isUnknown;
    return { text: token.piece, facts: details,
      alternatives: token.alternatives.map((other) => ({ ...other, isChosen: isChosen(other) })) };
  },
  makeLine: () => row,
});

export const command = () => ["POST", "/v1/score", { model: modelOf(), input: input.value, alternatives: 5 }];

function show(result, lines) {
  text.clear();
  tokens = [];
  for (const line of result.lines) {
    const own = element("div", "line"), mean = line.tokenCount ? -line.logProbability / Math.LN2 / line.tokenCount : 0;
    const gauge = element("span", `gauge s${stepOf(mean)}`, element("i"));
    gauge.firstChild.style.width = `${Math.min(100, 100 * mean / 10)}%`;
    gauge.title = `${number(mean, 2)} bits per token`;
    heat.append(element("div", "measured", element("span", "place", number(line.line)), own, gauge,
      element("span", "mean", number(mean, 1))));
    row = own;
    text.line = own;
    const written = align(`${lines[line.line - 1] ?? ""}\n`, line.tokens.map((token) => token.text));
    line.tokens.forEach((token, index) => {
      tokens.push({ ...token, ...written[index] });
      text.add({ ...written[index], bits: token.surprisal, className: token.isUnknown ? "unknown" : "" });
    });
  }
  const bits = -result.logProbability / Math.LN2, mean = result.tokenCount ? bits / result.tokenCount : 0;
  const figures = [["Tokens", number(result.tokenCount)],
    ["Perplexity", result.perplexity === null ? "–" : number(result.perplexity, 2)],
    ["Bits", number(bits, 1)], ["Bits per token", number(mean, 2)], ["Unknown", number(result.unknownCount)]];
  totals.replaceChildren(...figures.map(([name, value]) =>
    element("div", "", element("dt", "", name), element("dd", "", value))));
  totals.hidden = false;
  const legend = byId("heat-legend"), unknown = legend.querySelector(".unknown");
  unknown?.parentElement.remove();
  if (result.unknownCount) {
    const sample = element("span", "token unknown", "abc");
    sample.setAttribute("aria-hidden", "true");
    legend.append(element("li", "", sample, "not in the vocabulary"));
  }
  byId("heat-empty").hidden = true;
  announce(`${count(result.tokenCount, "token")}, perplexity ${figures[1][1]}.`);
}

async function measure() {
  controller?.abort();
  const own = controller = new AbortController();
  report(null);
  if (input.value === "") {
    input.focus();
    return;
  }
  byId("measure").disabled = true;
  heat.setAttribute("aria-busy", "true");
  try {
    const [method, path, body] = command();
    const { data } = await request(method, path, body, own.signal);
    show(data[0], body.input.replace(/\r\n?/g, "\n").split("\n"));
  } catch (error) {
    report(error);
  } finally {
    byId("measure").disabled = false;
    heat.removeAttribute("aria-busy");
  }
}

export function open(currentModel) {
  modelOf = currentModel;
  fillLegend(byId("heat-legend"), true);
  byId("measure").addEventListener("click", measure);
  byId("surprisal-view").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      measure();
    } else if (event.key === "Escape") {
      controller?.abort();
      tip.hide();
    }
  });
}
