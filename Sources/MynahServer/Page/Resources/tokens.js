// A text as tokens that are coloured by their surprisal and can be visited with the pointer and the arrow keys.
import { element, number, percent } from "./elements.js";
import * as tip from "./tip.js";

// The steps of the colours begin at these surprisals, in bits.
const steps = [0, 1, 2, 4, 7];
export const stepOf = (bits) => steps.findLastIndex((least) => bits >= least);
export const bitsOf = (logProbability) => Math.max(0, -logProbability / Math.LN2);

export function fillLegend(list, isBits) {
  const shares = steps.map((bits) => 100 * 2 ** -bits);
  const figure = (share) => share >= 1 ? share.toFixed(0) : share.toFixed(1);
  const labels = steps.map((bits, index) => {
    if (isBits) return index + 1 < steps.length ? `${bits}–${steps[index + 1]}` : `${bits} bits or more`;
    if (index === 0) return `≥ ${figure(shares[1])} %`;
    return index + 1 < steps.length
      ? `${figure(shares[index + 1])}–${figure(shares[index])} %` : `< ${figure(shares[index])} %`;
  });
  list.replaceChildren(...labels.map((label, index) => {
    const sample = element("span", `token s${index}`, "abc");
    sample.setAttribute("aria-hidden", "true");
    return element("li", "", sample, label);
  }));
}

// Finds each token in the text that they make up: what comes before it (the space between words) and its own piece.
export function align(text, tokens) {
  let rest = text;
  const isGap = (at) => at >= 0 && !/[\p{L}\p{N}\n]/u.test(rest.slice(0, at));
  return tokens.map((token, index) => {
    let at = token === "" ? -1 : rest.indexOf(token), gap = "", piece;
    // Some tokenizers convert to lower case.
    if (!isGap(at) && token !== "") at = rest.toLowerCase().indexOf(token);
    if (isGap(at)) {
      [gap, piece] = [rest.slice(0, at), rest.slice(at, at + token.length)];
    } else if (index === tokens.length - 1) {
      // A line end is the token <eos> and the text "\n"; an unknown token has the text that the user wrote.
      const space = rest.match(/^[^\S\n]+(?=\S)/)?.[0] ?? "";
      [gap, piece] = [space, rest.slice(space.length)];
    } else {
      const [, space, word = ""] = rest.match(/^([^\S\n]*)(\S+|\n)?/), end = word.indexOf(tokens[index + 1], 1);
      [gap, piece] = [space, end > 0 ? word.slice(0, end) : word];
    }
    rest = rest.slice(gap.length + piece.length);
    return { gap, piece };
  });
}

export class TokenText {
  // `describe(index)` returns what the box beside a token shows (see tip.js), and `makeLine(number)` the element of a
  // new line, already in the document.
  constructor(container, { describe, makeLine }) {
    Object.assign(this, { container, describe, makeLine });
    this.clear();
    container.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const span = this.spanOf(event.target);
      clearTimeout(this.timer);
      // A pointer that only passes through shows nothing.
      if (span && !tip.contains(document.activeElement)) this.timer = setTimeout(() => this.show(span), 80);
    });
    container.addEventListener("pointerleave", () => {
      clearTimeout(this.timer);
      if (!tip.contains(document.activeElement)) tip.hideSoon(() => this.showFocused());
    });
    container.addEventListener("click", (event) => {
      const span = this.spanOf(event.target);
      if (span && getSelection().isCollapsed) this.go(span);
    });
    container.addEventListener("focusin", (event) => {
      const span = this.spanOf(event.target);
      if (span) this.show(span);
    });
    container.addEventListener("focusout", (event) => {
      if (!tip.contains(event.relatedTarget)) tip.hide();
    });
    container.addEventListener("keydown", (event) => this.press(event));
  }

  clear() {
    clearTimeout(this.timer);
    if (this.spans?.length) tip.hide();
    this.container.replaceChildren();
    this.spans = [];
    this.line = null;
    this.lineCount = 0;
    this.current = null;
  }

  newLine() {
    this.lineCount += 1;
    this.line = this.makeLine(this.lineCount);
    return this.line;
  }

  // Adds a token: gap, piece, and bits unless it was not predicted.
  add({ gap, piece, bits, className }) {
    const line = this.line ?? this.newLine();
    if (gap) line.append(gap);
    const span = element("span", "token", piece.replace(/\n$/, "").replaceAll("\n", "⏎\n"));
    if (bits !== undefined) span.classList.add(`s${stepOf(bits)}`);
    if (className) span.classList.add(...className.split(" "));
    if (/^[^\S\n]+$/.test(piece)) span.classList.add("space");
    if (piece === "") span.classList.add("partial");
    span.dataset.index = this.spans.length;
    this.spans.push(span);
    line.append(span);
    if (piece.endsWith("\n")) {
      span.classList.add("end");
      this.line = null;
    }
    if (!this.current) this.choose(span);
    return span;
  }

  spanOf(target) {
    const span = target instanceof Element ? target.closest(".token[data-index]") : null;
    return span && this.container.contains(span) ? span : null;
  }

  indexOf(span) {
    return Number(span.dataset.index);
  }

  show(span) {
    const details = this.describe(this.indexOf(span));
    if (details) tip.show(span, details);
  }

  showFocused() {
    if (this.current && document.activeElement === this.current) this.show(this.current);
    else tip.hide();
  }

  // Makes a token the one that the Tab key reaches.
  choose(span) {
    for (const name of ["tabindex", "role", "aria-description"]) this.current?.removeAttribute(name);
    this.current = span;
    span.tabIndex = 0;
    span.setAttribute("role", "button");
    const details = this.describe(this.indexOf(span));
    if (details) span.setAttribute("aria-description", details.facts.join(", "));
  }

  go(span) {
    this.choose(span);
    span.scrollIntoView({ block: "nearest" });
    span.focus({ preventScroll: true });
    this.show(span);
  }

  // The token in the visual row above (-1) or below (1) with the nearest middle.
  beside(span, direction) {
    const from = span.getBoundingClientRect(), middle = (from.left + from.right) / 2;
    let row = null, best = null, least = Infinity;
    for (let index = this.indexOf(span) + direction; this.spans[index]; index += direction) {
      const box = this.spans[index].getClientRects()[0] ?? this.spans[index].getBoundingClientRect();
      if (Math.abs(box.top - from.top) < from.height / 2) continue;
      row ??= box.top;
      if (Math.abs(box.top - row) > from.height / 2) break;
      const distance = Math.abs((box.left + box.right) / 2 - middle);
      if (distance < least) [best, least] = [this.spans[index], distance];
    }
    return best;
  }

  press(event) {
    const span = this.spanOf(event.target);
    if (!span || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = this.indexOf(span);
    const targets = {
      ArrowRight: () => this.spans[index + 1], ArrowLeft: () => this.spans[index - 1],
      ArrowDown: () => this.beside(span, 1), ArrowUp: () => this.beside(span, -1),
      Home: () => this.spans[0], End: () => this.spans.at(-1),
    };
    if (event.key in targets) {
      event.preventDefault();
      const target = targets[event.key]();
      if (target) this.go(target);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.show(span);
      tip.enter();
    }
  }
}

export function facts(bits, rank) {
  const result = [percent(2 ** -bits)];
  result.push(`${number(bits, 1)} bits${rank ? `, rank ${number(rank)}` : ""}`);
  return result;
}
