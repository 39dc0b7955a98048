import ArgumentParser
import Foundation
import MynahAnalysis
import MynahIO
import MynahModels
import MynahTensors
import MynahText

/// `mynah activations`: the activations of a model's units over a text.
struct ActivationsCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "activations",
    abstract: "Print the activations of a model's units after each token of a text.",
    discussion: """
      h is a unit's output and c an LSTM's cell; --gates adds the gates of the cell, i, f, g and o for LSTMs. Layers \
      and units count from 0. The state is carried from line to line unless --state or the model's training resets it. \
      --html writes a page that colours each token by one unit, which can be chosen there.

        mynah activations notes.safetensors draft.txt --unit 1:3 --unit 1:7
        mynah activations notes.safetensors draft.txt --layer 0 --gates --json
        mynah activations notes.safetensors draft.txt --html units.html
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "A text file. (default: standard input)", completion: .file())
  var file: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A unit of a layer, such as 1:3; may be given several times.", valueName: "layer:unit"))
  var unit: [UnitName] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("All units of a layer. (default: the last layer)", valueName: "layer"),
    transform: Bounded.integer(0...1000))
  var layer: Int?

  @Flag(help: "Print the gates of the cells too.")
  var gates = false

  @Option(
    help: ArgumentHelp("Write an HTML page to this file.", valueName: "file"), completion: .file(),
    transform: Bounded.path)
  var html: String?

  @Flag(help: "Replace an existing file.")
  var overwrite = false

  @Flag(help: "Print a JSON object for each token.")
  var json = false

  @OptionGroup var state: StateOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--overwrite", overwrite, needs: "--html", html != nil),
      FlagRule("--layer", layer != nil, excludes: "--unit", !unit.isEmpty),
    ]
  }

  mutating func run() throws {
    try threads.run { try read() }
  }

  private func read() throws {
    if let html { try NewFile.check(html, overwriting: overwrite) }
    let content = try ModelFile(contentsOf: model)
    let kinds = content.model.configuration.layers
    let layers = unit.isEmpty ? [layer ?? kinds.count - 1] : Set(unit.map { $0.layer }).sorted()
    var recorder = try ActivationRecorder(content.model, layers: layers, recordingGates: gates)
    for name in unit where name.unit >= kinds[name.layer].hiddenSize {
      throw AnalysisError.noSuchUnit(
        layer: name.layer, unit: name.unit, layerCount: kinds.count, unitCount: kinds[name.layer].hiddenSize)
    }
    let units = Dictionary(grouping: unit) { $0.layer }.mapValues { names in names.map { $0.unit } }
    var page = html == nil ? nil : ActivationPage(content.tokenizer, units: units)
    var table = ActivationTable(content.tokenizer.vocabulary, units: unit)
    try PageTokens.read(
      file.map { [$0] } ?? [], content.tokenizer, policy: state.policy(of: content),
      progressOn: html == nil || json ? .terminalWithoutResults : .terminal
    ) { tokens in
      for token in tokens {
        let activations = try recorder.read(token.token)
        try page?.append(token, activations)
        if json {
          try table.writeJSON(token, activations, line: token.token.line)
        } else if html == nil {
          try table.write(token, activations)
        }
      }
    }
    guard let page, let html else { return }
    try NewFile.write(page.html(title: file ?? "standard input", model: model), to: html)
    if !json { try StandardOutput.write("\(html): \(page.summary)\n") }
  }
}

/// A unit of a layer.
struct UnitName: Hashable, ExpressibleByArgument {
  let layer, unit: Int

  init(layer: Int, unit: Int) { (self.layer, self.unit) = (layer, unit) }

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let layer = parts[0], let unit = parts[1], (0...1000).contains(layer), unit >= 0 else {
      return nil
    }
    (self.layer, self.unit) = (layer, unit)
  }
}
