public import MynahIO

/// The files from which TensorBoard's embedding projector shows vectors with their labels.
public enum EmbeddingProjector {
  /// A set of vectors, one a label.
  public struct Vectors: Sendable {
    /// What the projector calls them: letters and digits.
    public let name: String
    /// The numbers of a vector.
    public let width: Int
    /// The vectors one after another.
    public let elements: [Float]

    /// Names vectors.
    public init(name: String, width: Int, _ elements: [Float]) {
      (self.name, self.width, self.elements) = (name, width, elements)
    }
  }

  /// The name of the file from which the projector finds the others.
  public static let configurationName = "projector_config.pbtxt"

  /// Writes `NAME.tsv`, `NAME-labels.tsv` and `projector_config.pbtxt` into a folder, which is made too.
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
  ) throws(FileError) {
    try write([Vectors(name: name, width: width, vectors)], labels: labels, to: directory)
  }

  /// Writes several sets of vectors that have the same labels: `NAME.tsv` of each, the first one's `NAME-labels.tsv`, and
  /// `projector_config.pbtxt`, into a folder, which is made too.
  ///
  /// A line of labels has one column, so it has no header; tabs and line ends in labels are written as `\t`, `\n` and `\r`.
  ///
  /// - Precondition: there is a label for each vector of each set.
  public static func write(
    _ sets: [Vectors], labels: [String], to directory: String
  ) throws(FileError) {
    let labelsName = (sets.first?.name ?? "empty") + "-labels.tsv"
    var files: [(name: String, text: String)] = []
    var settings = ""
    for set in sets {
      precondition(
        set.elements.count == labels.count * set.width,
        "\(labels.count) labels do not fit \(set.elements.count) numbers in vectors of \(set.width)")
      var rows = ""
      for start in stride(from: 0, to: set.elements.count, by: Swift.max(set.width, 1)) {
        rows += set.elements[start..<start + set.width].map { "\($0)" }.joined(separator: "\t") + "\n"
      }
      files.append((set.name + ".tsv", rows))
      settings += """
        embeddings {
          tensor_name: "\(set.name)"
          tensor_path: "\(set.name).tsv"
          metadata_path: "\(labelsName)"
        }

        """
    }
    files += [(labelsName, labels.map(line).joined()), (configurationName, settings)]
    try createFolder(directory)
    for (file, text) in files { try AtomicFile.write(Array(text.utf8), to: directory + "/" + file) }
  }

  /// The line of a label; an empty one would vanish, because readers drop empty lines.
  private static func line(_ label: String) -> String { (label.isEmpty ? "\\empty" : label.tableCell) + "\n" }
}
