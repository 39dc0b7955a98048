import ArgumentParser
import MynahModels

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "List and get the published data sets that recipes and tests use.",
    subcommands: [DataListCommand.self, DataGetCommand.self])
}

struct DataListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the data sets with their sizes, licences and addresses.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    if json { return try StandardOutput.writeJSON(NamedDataSet.all.map(Listed.init)) }
    for dataSet in NamedDataSet.all {
      let addresses = dataSet.files.map { "  \($0.address)\n" }.joined()
      try StandardOutput.write(
        "\(dataSet.name): \(dataSet.summary), \(dataSet.byteCount.grouped) bytes\n  \(dataSet.licence)\n\(addresses)")
    }
  }

  private struct Listed: Encodable {
    struct File: Encodable { let name, address, sha256: String, byteCount: Int }
    let name, summary, licence: String
    let files: [File]

    init(_ dataSet: NamedDataSet) {
      (name, summary, licence) = (dataSet.name, dataSet.summary, dataSet.licence)
      files = dataSet.files.map {
        File(name: $0.name, address: $0.address, sha256: $0.sha256, byteCount: $0.byteCount)
      }
    }
  }
}

struct DataGetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Fetch a data set, or take it from a folder, and check that it is the right one.",
    discussion: """
      Each file takes its place only when its sha256 is the known one; archives are unpacked. What was fetched of a file stays \
      in FILE.part when the connection breaks off or you interrupt, and the next run goes on from there.

        mynah data get tinyshakespeare --to data/tinyshakespeare
        mynah data get ptb --to data/ptb --from Downloads
      """)

  @Argument(help: ArgumentHelp("The data set: \(names).", valueName: "name"), transform: Self.dataSet)
  var dataSet: NamedDataSet

  @Option(
    help: ArgumentHelp("The folder to put the files into. (default: the data set's name)", valueName: "folder"),
    transform: Bounded.path)
  var to: String?

  @Option(
    help: ArgumentHelp(
      "A folder that holds the files already. (default: they are fetched from their addresses)", valueName: "folder"),
    transform: Bounded.path)
  var from: String?

  func run() async throws {
    StandardError.write("\(dataSet.name): \(dataSet.summary)\nLicence: \(dataSet.licence)\n")
    let (folder, source, files) = (to ?? dataSet.name, from, dataSet.files)
    try await Interruption.cancelling {
      for file in files { try await Self.bring(file, into: folder, from: source) }
    }
  }

  private static func bring(_ file: NamedDataSet.File, into folder: String, from source: String?) async throws {
    let progress = DownloadProgress(name: file.name)
    let store = DataSetStore(
      in: folder, from: source.map { .folder($0) } ?? .addresses(Download(report: progress.report)))
    defer { progress.clear() }
    let isNew = try await store.bring(file)
    progress.clear()
    try StandardOutput.write(
      "\(folder)/\(file.name): \(file.byteCount.grouped) bytes, \(isNew ? "new" : "there already")\n")
  }

  private static let names = NamedDataSet.all.map(\.name).joined(separator: ", ")

  private static func dataSet(_ name: String) throws -> NamedDataSet {
    guard let dataSet = NamedDataSet.all.first(where: { $0.name == name }) else {
      throw ValidationError("expected one of \(names)")
    }
    return dataSet
  }
}
