import Foundation
import MynahIO
public import MynahText

/// A page that colours each token of a text by the value of one unit after it, with a choice of units.
///
/// A. Karpathy, J. Johnson, L. Fei-Fei, "Visualizing and understanding recurrent networks", 2015. Colours are relative to the unit's
/// largest magnitude in the text, which the page says.
public struct ActivationPage: Sendable {
  private let hasWords: Bool
  private let units: [Int: [Int]]
  private var series: [ActivationSeries] = []
  private var text = ""
  private var tokenCount = 0

  /// Begins an empty page.
  ///
  /// - Parameter units: The units to choose from, by layer; of a layer that is missing all.
  public init(_ tokenizer: AnyTokenizer, units: [Int: [Int]] = [:]) {
    (hasWords, self.units) = (tokenizer.hasWords, units)
  }

  /// Adds a token and what the layers' units say after it.
  ///
  /// - Parameter activations: Of the same layers each time.
  /// - Throws: `AnalysisError.pageTooLong`.
  public mutating func append(_ token: PageToken, _ activations: [LayerActivations]) throws(AnalysisError) {
    if tokenCount == 0 { begin(activations) }
    guard tokenCount < PageLimit.tokenCount, (tokenCount + 1) * series.count <= PageLimit.valueCount else {
      throw .pageTooLong(tokenCount: tokenCount + 1, seriesCount: series.count)
    }
    tokenCount += 1
    text += token.followsSpace ? " <span>\(token.html)</span>" : "<span>\(token.html)</span>"
    let layers = Dictionary(activations.map { ($0.layer, $0.parts) }) { first, _ in first }
    for index in series.indices {
      let key = series[index].key
      series[index].append(layers[key.layer]?[key.part]?[key.unit] ?? 0)
    }
  }

  private mutating func begin(_ activations: [LayerActivations]) {
    for layer in activations {
      let unitCount = layer.parts.values.map(\.count).max() ?? 0
      for unit in units[layer.layer] ?? Array(0..<unitCount) {
        for part in LayerActivations.Part.allCases where layer.parts[part]?.indices.contains(unit) ?? false {
          series.append(ActivationSeries(ActivationSeries.Key(layer: layer.layer, unit: unit, part: part)))
        }
      }
    }
  }

  /// One line about what the page holds.
  public var summary: String { "\(tokenCount) tokens, \(series.count) values of each" }

  /// What the page's script reads: names that are made here and numbers, so that nothing of the text's can end it.
  private struct Contents: Encodable {
    struct Entry: Encodable {
      let unit, part: String
      let scale: Float
      /// A byte a token, base 64.
      let values: Data
    }
    let entries: [Entry]
  }

  /// The page.
  ///
  /// - Parameters:
  ///   - title: What was read.
  ///   - model: What it was read by.
  public func html(title: String, model: String) throws -> String {
    let entries = series.map { series in
      Contents.Entry(
        unit: "\(series.key.layer):\(series.key.unit)", part: series.key.part.rawValue, scale: series.scale,
        values: Data(series.bytes))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = String(decoding: try encoder.encode(Contents(entries: entries)), as: UTF8.self)
    return Page(
      title: "Units: \(title)", style: Self.style, script: Self.script,
      body: """
        <h1>What do the units follow?</h1>
        <p class="quiet">\(VisibleText.escaped(title)), read by \(VisibleText.escaped(model)): each token is coloured by a unit's \
        value after it.</p>
        <div class="panel">
        <label>unit <select id="unit"></select></label>
        <label>value <select id="part"></select></label>
        <span><button id="before" title="The unit before (←)">◀</button> <button id="after" title="The next unit (→)">▶</button></span>
        <span class="scale"><span id="low"></span><span class="bar values" id="bar"></span><span id="high"></span></span>
        </div>
        <div class="text\(hasWords ? "" : " characters")" id="text">\(text)</div>
        <script type="application/json" id="data">\(data)</script>
        """
    ).html
  }

  private static let style = """
    .panel { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; align-items: center; margin: 1rem 0;
      padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--panel); }
    .panel select, .panel button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line);
      border-radius: .35rem; padding: .15rem .5rem; }
    .text span { padding: .12em 0; border-radius: 0; }
    .values.positive { background: linear-gradient(to right, transparent, rgb(var(--cool) / var(--strength))); }
    .values { background: linear-gradient(to right, rgb(var(--warm) / var(--strength)), transparent, rgb(var(--cool) / var(--strength))); }

    """

  private static let script = """
    const entries = JSON.parse(document.getElementById("data").textContent).entries;
    const tokens = document.getElementById("text").children;
    const unit = document.getElementById("unit"), part = document.getElementById("part");
    const names = { h: "h, output", c: "c, memory", i: "i, input gate", f: "f, forget gate", g: "g, candidate", o: "o, output gate" };
    const units = [...new Set(entries.map((entry) => entry.unit))];
    for (const name of units) {
      const [layer, number] = name.split(":");
      unit.append(new Option(`layer ${layer}, unit ${number}`, name));
    }
    for (const name of new Set(entries.map((entry) => entry.part))) part.append(new Option(names[name], name));
    function paint() {
      const entry = entries.find((entry) => entry.unit === unit.value && entry.part === part.value);
      // Of what is bounded by a sigmoid nothing is below 0.
      const isPositive = entry && "ifo".includes(entry.part);
      document.getElementById("bar").classList.toggle("positive", Boolean(isPositive));
      document.getElementById("low").textContent = entry ? (isPositive ? "0" : (-entry.scale).toFixed(3)) : "";
      document.getElementById("high").textContent = entry ? entry.scale.toFixed(3) : "no such value";
      const bytes = entry ? atob(entry.values) : "";
      for (let index = 0; index < tokens.length; index++) {
        const byte = bytes.charCodeAt(index) || 0, value = (byte > 127 ? byte - 256 : byte) / 127;
        const hue = value < 0 ? "--warm" : "--cool";
        tokens[index].style.background = `rgb(var(${hue}) / calc(${Math.abs(value).toFixed(3)} * var(--strength)))`;
        tokens[index].title = entry ? (value * entry.scale).toFixed(3) : "";
      }
      history.replaceState(null, "", `#${unit.value}:${part.value}`);
    }
    function turn(by) {
      unit.selectedIndex = (unit.selectedIndex + by + units.length) % units.length;
      paint();
    }
    const [layer, number, quantity] = location.hash.slice(1).split(":");
    if (units.includes(`${layer}:${number}`)) unit.value = `${layer}:${number}`;
    if (names[quantity] && [...part.options].some((option) => option.value === quantity)) part.value = quantity;
    unit.addEventListener("change", paint);
    part.addEventListener("change", paint);
    document.getElementById("before").addEventListener("click", () => turn(-1));
    document.getElementById("after").addEventListener("click", () => turn(1));
    document.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLSelectElement) return;
      if (event.key === "ArrowLeft") turn(-1);
      if (event.key === "ArrowRight") turn(1);
    });
    paint();

    """
}
