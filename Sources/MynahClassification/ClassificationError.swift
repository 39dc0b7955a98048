import MynahIO

/// An error in training or running a text classifier.
public enum ClassificationError: Error, Equatable, Sendable {
  // Format errors in labelled files; line numbers start at 1.
  case noTab(path: String, line: Int)
  case noLabel(path: String, line: Int)
  case noText(path: String, line: Int)
  /// The training file has only one label.
  case oneClass(path: String, label: String)
  /// A class has too few texts for a validation split.
  case tooFewTexts(path: String, label: String, count: Int, needed: Int)
  /// A label is not a class of the classifier.
  case unknownLabel(String, path: String, line: Int, known: [String])

  /// The settings are invalid.
  case impossible(reason: String)
  /// Training diverged: the loss or the gradient is not finite.
  case diverged(epoch: Int, learningRate: Float)
  /// The caller stopped the training.
  case interrupted
  /// The probabilities are not finite.
  case notFinite
}

extension ClassificationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noTab(let path, let line):
      "expected a label, a tab and a text in line \(line) of \(place(path)), found no tab; correct or remove the line"
    case .noLabel(let path, let line):
      "expected a label before the tab in line \(line) of \(place(path)), found none; correct or remove the line"
    case .noText(let path, let line):
      "expected a text after the tab in line \(line) of \(place(path)), found only white space; "
        + "correct or remove the line"
    case .oneClass(let path, let label):
      "expected texts of at least two labels in \(place(path)), found only \(label.quoted(200)); "
        + "add texts of other labels"
    case .tooFewTexts(let path, let label, let count, let needed):
      "expected at least \(needed) texts of each label in \(place(path)), found \(count) of \(label.quoted(200)); "
        + "add some, or leave that label out"
    case .unknownLabel(let label, let path, let line, let known):
      "expected one of the classifier's labels, \(known.quotedList()), in line \(line) of \(place(path)), "
        + "found \(label.quoted(200)); correct the line, or train with texts of that label"
    case .impossible(let reason):
      "these settings cannot train a classifier: \(reason)"
    case .diverged(let epoch, let rate):
      "training diverged in epoch \(epoch) at the learning rate \(rate): weights are no longer finite; "
        + "lower it to half of that or less"
    case .interrupted:
      "interrupted; nothing was written"
    case .notFinite:
      "the classifier's probabilities are not finite: its weights are damaged; copy the file again, or train "
        + "another one"
    }
  }
}

/// Returns a description of where the examples came from.
private func place(_ path: String) -> String { path.isEmpty ? "the examples" : path.quoted() }
