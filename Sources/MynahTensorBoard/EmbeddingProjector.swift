import Foundation

/// The files from which TensorBoard's embedding projector shows vectors with their labels.
public enum EmbeddingProjector {
  /// Writes `NAME.tsv`, `NAME-labels.tsv` and `projector_config.pbtxt` into a folder, which is made too.
  ///
  /// A line of labels has one column, so it has no header; tabs and line ends in labels are written as `\t`, `\n` and `\r`.
  ///
  /// - Parameters:
  ///   - vectors: The vectors one after another.
  ///   - width: The numbers of a vector.
  ///   - labels: One a vector.
  ///   - name: What the projector calls them: letters and digits.
  ///   - directory: The folder of the event files.
  /// - Precondition: there is a label for each vector.
  public static func write(
    vectors: [Float], width: Int, labels: [String], name: String, to directory: String
  ) throws(TensorBoardError) {
    precondition(
      vectors.count == labels.count * width,
      "\(labels.count) labels do not fit \(vectors.count) numbers in vectors of \(width)")
    var rows = ""
    for start in stride(from: 0, to: vectors.count, by: Swift.max(width, 1)) {
      rows += vectors[start..<start + width].map { "\($0)" }.joined(separator: "\t") + "\n"
    }
    let files = [
      (name + ".tsv", rows),
      (name + "-labels.tsv", labels.map { escaped($0) + "\n" }.joined()),
      (
        "projector_config.pbtxt",
        """
        embeddings {
          tensor_name: "\(name)"
          tensor_path: "\(name).tsv"
          metadata_path: "\(name)-labels.tsv"
        }

        """
      ),
    ]
    for (file, text) in files {
      let path = directory + "/" + file
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      } catch {
        throw TensorBoardError(path: path, reason: error.localizedDescription)
      }
    }
  }

  /// A label on one line and in one column; an empty one would vanish, as readers drop empty lines.
  private static func escaped(_ label: String) -> String {
    let replacements: [Unicode.Scalar: String] = ["\t": "\\t", "\n": "\\n", "\r": "\\r"]
    let text = label.unicodeScalars.map { replacements[$0] ?? String($0) }.joined()
    return text.isEmpty ? "\\empty" : text
  }
}
