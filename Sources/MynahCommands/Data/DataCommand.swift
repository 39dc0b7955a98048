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

struct DataGetCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Download a data set, or copy it from a folder, and verify its SHA-256.",
    discussion: """
      Downloads use the program curl, with the proxies of the environment (https_proxy, no_proxy) and without \
      ~/.curlrc. An incomplete download stays in FILE.part, and the next run resumes it. A file is put in place only \
      if its SHA-256 is the expected one; archives are unpacked.

        mynah data get tinyshakespeare --output data/tinyshakespeare
        mynah data get ptb --output data/ptb --from Downloads
      """)

  @Argument(
    help: ArgumentHelp("The data set: \(names).", valueName: "name"),
    completion: .list(NamedDataSet.all.map(\.name)), transform: Self.dataSet)
  var dataSet: NamedDataSet

  @Option(
    help: ArgumentHelp("The folder to put the files into. (default: the data set's name)", valueName: "folder"),
    completion: .directory, transform: Bounded.path)
  var output: String?

  @Option(
    help: ArgumentHelp("Copy the files from this folder. (default: download them)", valueName: "folder"),
    completion: .directory, transform: Bounded.path)
  var from: String?

  @OptionGroup var messages: MessageOptions

  func run() throws {
    StandardError.inform("\(dataSet.name): \(dataSet.summary)\nLicence: \(dataSet.licence)\n")
    try Interruption.watching { isInterrupted in
      for file in dataSet.files {
        let progress = DownloadProgress(name: file.name)
        defer { progress.clear() }
        let download = Download(isInterrupted: isInterrupted, report: progress.report)
        try fetch(file, from: from.map { .folder($0) } ?? .addresses(download), progress)
      }
    }
  }

  private func fetch(_ file: NamedDataSet.File, from source: DataSetStore.Source, _ progress: DownloadProgress) throws {
    let folder = output ?? dataSet.name
    let isNew = try DataSetStore(in: folder, from: source).fetch(file)
    progress.clear()
    try StandardOutput.write(
      "\(folder)/\(file.name): \(file.byteCount.grouped) bytes, \(isNew ? "new" : "already present")\n")
  }

  private static let names = NamedDataSet.all.map(\.name).joined(separator: ", ")

  private static func dataSet(_ name: String) throws -> NamedDataSet {
    guard let dataSet = NamedDataSet.all.first(where: { $0.name == name }) else {
      throw ValidationError("expected one of \(names)")
    }
    return dataSet
  }
}
