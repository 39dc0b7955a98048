import Foundation
import Mynah
import Testing

@Suite("Every public error of the library has its message where Foundation looks for it")
struct LocalizedErrorTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// An error of each type.
  private static func errors() -> [any Error] {
    var errors: [any Error] = [
      FileError.noSuchFile(path: "x"), TextError.lineEndInToken("a", id: 3),
      CheckpointError.missingMetadata(path: "x", key: "k"), ModelError.impossible(reason: "no layer"),
      PyTorchFileError.torchScript(path: "x"), WordVectorsError.unsupported(path: "x", format: "f"),
      TrainingError.interrupted(epoch: 1, step: 2), InferenceError.notFinite,
      NBestError.unknownToken("t", TextPlace(path: "x", line: 1)), AnalysisError.notFinite(what: "w"),
      CommunicationError.timedOut(rank: 1, seconds: 3),
      SyntaxGymError.notJSON(path: "x", offset: 1, expected: "e", found: "f"), ClassificationError.interrupted,
    ]
    do { _ = try SyntaxGymFormula("(") } catch { errors.append(error) }
    return errors
  }

  @Test("errorDescription and localizedDescription are the message")
  func messages() throws {
    for error in Self.errors() {
      let message = "\(error)"
      #expect(message.count > 7 && message.contains(" "), "\(message)")
      #expect((error as? any LocalizedError)?.errorDescription == message)
      #expect(error.localizedDescription == message)
    }
  }

  @Test("The tested errors cover all public error types that the sources declare")
  func complete() throws {
    let modules = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
    var declared: Set<String> = []
    for module in modules where !["MynahONNX", "MynahCommands", "MynahMain"].contains(module) {
      let folder = Self.root.appending(path: "Sources/\(module)")
      let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      for path in paths where path.hasSuffix(".swift") && !path.hasPrefix("Generated") {
        let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
        for match in text.matches(of: /public (?:enum|struct) (\w+): (?:[\w, ]+, )?Error\b/) {
          declared.insert(String(match.output.1))
        }
      }
    }
    #expect(declared == Set(Self.errors().map { "\(type(of: $0))" }))
  }
}
