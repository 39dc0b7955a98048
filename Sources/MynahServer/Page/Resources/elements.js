// Short ways to find and make elements. Text goes in as text nodes only.
import { APIError } from "./api.js";

export const byId = (id) => document.getElementById(id);

export function element(name, className, ...children) {
  const result = document.createElement(name);
  if (className) result.className = className;
  result.append(...children);
  return result;
}

export function button(className, onClick, ...children) {
  const result = element("button", className, ...children);
  result.type = "button";
  result.addEventListener("click", onClick);
  return result;
}

export function percent(probability) {
  const value = 100 * probability;
  if (value >= 99.95 && probability < 1) return "> 99.9 %";
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${value.toFixed(value >= 1 ? 1 : 2)} %`;
}

export const number = (value, digits = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

// A token as it is named: white space at its ends, where it matters, as signs.
export function visible(text) {
  if (text === "") return "∅";
  const signs = { " ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍" };
  return text.replace(/^\s+|\s+$/g, (space) => [...space].map((one) => signs[one] ?? one).join(""));
}

// Says something to screen readers.
export function announce(text) {
  byId("announcer").textContent = text;
}

export function report(error) {
  if (error?.name === "AbortError") return;
  const notice = byId("notice");
  notice.replaceChildren();
  if (!error) return;
  const dismiss = button("plain", () => report(null), "Dismiss");
  notice.append(element("span", "", error.message ?? String(error)), dismiss);
  if (!(error instanceof APIError)) console.error(error);
}
