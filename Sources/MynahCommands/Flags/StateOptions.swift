import ArgumentParser
import MynahModels
import MynahText

/// The flag that sets the positions of a text at which a model's state is reset.
struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the model's state is reset: carry (nowhere), reset (at each line) or documents (after each empty line). "
        + "(default: as in training)",
      valueName: "policy"),
    transform: Self.named)
  var state: StatePolicy?

  /// Returns the given policy, or the one that the model was trained with.
  func policy(of file: ModelFile) -> StatePolicy { state ?? file.statePolicy }

  @Sendable private static func named(_ name: String) throws -> StatePolicy {
    guard let policy = StatePolicy.simple.first(where: { $0.name == name }) else {
      throw ValidationError("expected one of \(StatePolicy.simple.map(\.name).joined(separator: ", "))")
    }
    return policy
  }
}

extension StatePolicy {
  /// The policy in words.
  var inWords: String {
    switch self {
    case .carry: "carried to the text's end"
    case .reset: "reset at each line"
    case .documents: "reset after each empty line"
    case .windows(let length): "reset after every \(length) tokens"
    }
  }
}
