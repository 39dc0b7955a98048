import ArgumentParser
import Mynah

/// `mynah parameters`: the parameters of a model.
struct ParametersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parameters", abstract: "List a model's parameters with their sizes.")

  @Argument(help: "A model file that mynah train wrote.")
  var model: String

  @Flag(help: "Print the number of parameters only.")
  var total = false

  mutating func run() throws { print(try text()) }

  func text() throws -> String {
    let specs = try ModelFile(contentsOf: model).model.architecture.parameterSpecs
    if total { return "\(specs.reduce(0) { $0 + $1.shape.elementCount })" }
    return specs.map { "\($0.name) \($0.shape)" }.joined(separator: "\n")
  }
}
