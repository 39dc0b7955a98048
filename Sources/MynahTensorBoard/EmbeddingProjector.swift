public import MynahIO

/// A writer of files for TensorBoard's embedding projector: vectors and their labels.
public enum EmbeddingProjector {
  /// A set of vectors, one per label.
  public struct Vectors: Sendable {
    /// The name in the projector: letters and digits.
    public let name: String
    /// The dimension of the vectors.
    public let width: Int
    /// The elements of the vectors, one vector after another.
    public let elements: [Float]

    /// Creates a set of vectors.
    public init(name: String, width: Int, _ elements: [Float]) {
      (self.name, self.width, self.elements) = (name, width, elements)
    }
  }

  /// The name of the configuration file, which refers to the other files.
  public static let configurationName = "projector_config.pbtxt"

  /// Writes `NAME.tsv`, `NAME-labels.tsv` and `projector_config.pbtxt` into a folder, which is created if necessary.
  ///
  /// - Parameters:
  ///   - vectors: The elements of the vectors, one vector after another.
  ///   - width: The dimension of the vectors.
  ///   - labels: One label per vector.
  ///   - name: The name in the projector: letters and digits.
  ///   - directory: The folder of the event files.
  /// - Precondition: There is one label per vector.
  public static func write(
    vectors: [Float], width: Int, labels: [String], name: String, to directory: String
  ) throws(FileError) {
    try write([Vectors(name: name, width: width, vectors)], labels: labels, to: directory)
  }

  /// Writes several sets of vectors with the same labels into a folder, which is created if necessary.
  ///
  /// The files are one `NAME.tsv` per set, `NAME-labels.tsv` with the first set's name, and `projector_config.pbtxt`.
  /// The labels have a single column, so their file has no header; tabs and line endings in labels are escaped as `\t`,
  /// `\n` and `\r`.
  ///
  /// - Precondition: Each set has one vector per label.
  public static func write(
    _ sets: [Vectors], labels: [String], to directory: String
  ) throws(FileError) {
    let labelsName = (sets.first?.name ?? "empty") + "-labels.tsv"
    var files: [(name: String, text: String)] = []
    var settings = ""
    for set in sets {
      require(
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

  /// Returns the line of a label; an empty label gets a placeholder, because readers skip empty lines.
  private static func line(_ label: String) -> String { (label.isEmpty ? "\\empty" : label.tableCell) + "\n" }
}
