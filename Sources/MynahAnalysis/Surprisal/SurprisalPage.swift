import Foundation
import MynahIO
public import MynahText

/// A page that colours each token of a text by how much it surprised a model, with what the model expected instead.
///
/// S. Gehrmann, H. Strobelt, A. M. Rush, "GLTR: statistical detection and visualization of generated text", 2019, show ranks in this way.
public struct SurprisalPage: Sendable {
  private let vocabulary: Vocabulary
  private let hasWords: Bool
  /// The surprisal from which on colours are as strong as they get: that of a blind guess among all tokens, in bits.
  private let fullBits: Double
  private var text = ""
  private var tokenCount = 0, unknownCount = 0, predictedCount = 0
  private var bits = 0.0

  /// Begins an empty page.
  public init(_ tokenizer: AnyTokenizer) {
    (vocabulary, hasWords) = (tokenizer.vocabulary, tokenizer.hasWords)
    fullBits = max(1, log2(Double(max(vocabulary.count, 1))))
  }

  /// Adds a token.
  ///
  /// - Parameter surprisal: nil for a token that nothing was expected in place of.
  /// - Throws: `AnalysisError.pageTooLong`.
  public mutating func append(_ token: PageToken, _ surprisal: TokenSurprisal?) throws(AnalysisError) {
    guard tokenCount < PageLimit.tokenCount else { throw .pageTooLong(tokenCount: tokenCount + 1, seriesCount: 1) }
    tokenCount += 1
    if token.isUnknown { unknownCount += 1 }
    if token.followsSpace { text += " " }
    guard let surprisal else {
      text += "<span>\(token.html)</span>"
      return
    }
    (bits, predictedCount) = (bits + surprisal.bits, predictedCount + 1)
    let strength = min(1, surprisal.bits / fullBits)
    text +=
      #"<span style="--a:\#(strength.places(2))" data-p="\#(facts(token, surprisal))" data-o="\#(others(surprisal))">"#
    text += token.html + "</span>"
  }

  private func facts(_ token: PageToken, _ surprisal: TokenSurprisal) -> String {
    let name =
      token.isUnknown
      ? "\(VisibleText.escaped(token.text)) (read as \(VisibleText.escaped(vocabulary[token.id])))"
      : VisibleText.escaped(token.text)
    return
      "\(name)&#10;\(surprisal.bits.places(2)) bits&#10;\(Self.percent(surprisal.probability))&#10;\(surprisal.rank)"
  }

  private func others(_ surprisal: TokenSurprisal) -> String {
    surprisal.alternatives.map {
      "\(VisibleText.escaped(vocabulary[$0.id]))&#9;\(Self.percent($0.probability))"
    }.joined(separator: "&#10;")
  }

  /// A probability in per cent with three digits or so.
  private static func percent(_ probability: Double) -> String {
    probability >= 0.0001 || probability == 0
      ? String(format: "%.3g %%", 100 * probability) : String(format: "%.1e %%", 100 * probability)
  }

  /// One line about all tokens.
  public var summary: String {
    guard predictedCount > 0 else { return "No token was predicted." }
    let mean = bits / Double(predictedCount)
    let unknown = unknownCount == 0 ? "" : " · \(unknownCount) unknown"
    return "\(predictedCount) tokens · \(mean.places(2)) bits a token · perplexity \(exp2(mean).places(2))\(unknown)"
  }

  /// The page.
  ///
  /// - Parameters:
  ///   - title: What was read.
  ///   - model: What it was read by.
  public func html(title: String, model: String) -> String {
    Page(
      title: "Surprisal: \(title)", style: Self.style, script: Self.script,
      body: """
        <h1>How surprising is each token?</h1>
        <p class="quiet">\(VisibleText.escaped(title)), read by \(VisibleText.escaped(model))</p>
        <p>\(summary)</p>
        <p class="scale"><span>0 bits</span><span class="bar heat"></span><span>\(fullBits.places(1)) bits (a blind guess) or more</span></p>
        <p class="quiet">Point at a token, tap it, or go with the arrow keys to see what the model expected.</p>
        <div class="text\(hasWords ? "" : " characters")" id="text">\(text)</div>
        <div id="tip" role="status" hidden></div>
        """
    ).html
  }

  private static let style = """
    .text span { background: rgb(var(--warm) / calc(var(--a, 0) * var(--strength))); padding: .1em 0; cursor: default; }
    .text span.here { outline: 2px solid rgb(var(--cool)); }
    .heat { background: linear-gradient(to right, transparent, rgb(var(--warm) / var(--strength))); }
    #tip { position: absolute; z-index: 1; max-width: min(22rem, calc(100vw - 1rem)); padding: .5rem .8rem; border-radius: .5rem;
      border: 1px solid var(--line); background: var(--panel); box-shadow: 0 4px 18px rgb(0 0 0 / .22); font-size: .85rem;
      overflow-wrap: anywhere; pointer-events: none; font-variant-numeric: tabular-nums; }
    #tip strong { display: block; font-size: 1rem; }
    #tip table { border-collapse: collapse; margin-top: .35rem; }
    #tip td { padding: 0 .9rem 0 0; vertical-align: top; }
    #tip td + td { text-align: right; padding: 0; white-space: nowrap; }
    #tip caption { text-align: left; color: var(--quiet); }

    """

  private static let script = """
    const text = document.getElementById("text"), tip = document.getElementById("tip");
    let here = null;
    function element(name, content) {
      const result = document.createElement(name);
      result.textContent = content;
      return result;
    }
    function table(caption, rows) {
      const result = document.createElement("table");
      result.append(element("caption", caption));
      for (const row of rows) {
        const line = result.insertRow();
        for (const cell of row) line.append(element("td", cell));
      }
      return result;
    }
    function show(token) {
      if (here) here.classList.remove("here");
      here = token;
      tip.hidden = !token;
      if (!token) return;
      token.classList.add("here");
      const [name, bits, probability, rank] = token.dataset.p.split("\\n");
      const others = token.dataset.o ? token.dataset.o.split("\\n").map((line) => line.split("\\t")) : [];
      tip.replaceChildren(element("strong", name), element("div", `${bits} · ${probability} · rank ${rank}`));
      if (others.length) tip.append(table("Expected", others));
      const box = token.getClientRects()[0], root = document.documentElement;
      const left = Math.min(box.left, root.clientWidth - tip.offsetWidth - 8);
      const below = box.bottom + 6, fits = below + tip.offsetHeight <= root.clientHeight;
      const top = fits ? below : box.top - tip.offsetHeight - 6;
      tip.style.left = `${Math.max(8, left) + scrollX}px`;
      tip.style.top = `${top + scrollY}px`;
    }
    const tokenOf = (event) => event.target instanceof Element ? event.target.closest("[data-p]") : null;
    document.addEventListener("pointerover", (event) => show(tokenOf(event)));
    document.addEventListener("click", (event) => show(tokenOf(event)));
    document.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" };
      if (event.key === "Escape") show(null);
      if (!steps[event.key]) return;
      let next = here ? here[steps[event.key]] : text.querySelector("[data-p]");
      while (next && !next.dataset.p) next = next[steps[event.key]];
      if (!next) return;
      event.preventDefault();
      next.scrollIntoView({ block: "nearest" });
      show(next);
    });

    """
}
