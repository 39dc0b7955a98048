import ArgumentParser
import MynahIO
import MynahInference

/// A file of Kaldi's scores with the name of the score.
struct KaldiScoreFile: Hashable, Sendable {
  let name: String
  let path: String
}

/// Parses the values of flags of `mynah rescore`.
enum RescoreFlags {
  /// Parses weights by name.
  static func weights(_ text: String) throws -> ScoreWeights {
    do throws(NBestError) {
      return try ScoreWeights(text)
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// Parses `NAME=FILE`.
  static func scores(_ text: String) throws -> KaldiScoreFile {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, sides.allSatisfy({ !$0.isEmpty }), !sides[0].contains(",") else {
      throw ValidationError("expected NAME=FILE, with a name without a comma, found \(text.quoted())")
    }
    return KaldiScoreFile(name: String(sides[0]), path: String(sides[1]))
  }
}
