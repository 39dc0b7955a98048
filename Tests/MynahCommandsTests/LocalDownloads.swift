import Foundation
import MynahCommands
import MynahIO
import MynahText
import TestSupport
import Testing

/// Downloads of a file from local servers into a temporary folder.
struct LocalDownloads {
  let folder: ScratchFolder
  /// The contents of the file, which is larger than a packet and a buffer.
  let file = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

  init() throws { folder = try ScratchFolder() }

  /// Downloads the file "a" from an address into the folder.
  @discardableResult
  func fetch(
    from address: String, as original: [UInt8]? = nil, pauses: Int = 0, silence: Duration = .seconds(600),
    environment: [String: String] = [:], isInterrupted: @escaping () -> Bool = { false },
    report: @escaping (Download.Event) -> Void = { _ in }
  ) throws -> Bool {
    let original = original ?? file
    let download = Download(
      patience: patience(pauses: pauses, silence: silence), environment: environment.merging(self.environment) { $1 },
      isInterrupted: isInterrupted, report: report)
    return try fetch(
      NamedDataSet.File("a", from: address, byteCount: original.count, sha256: SHA256.hexadecimal(of: original)),
      by: download)
  }

  @discardableResult
  func fetch(_ file: NamedDataSet.File, by download: Download? = nil) throws -> Bool {
    let download = download ?? Download(patience: patience(), environment: environment)
    return try DataSetStore(in: folder.path, from: .addresses(download)).fetch(file)
  }

  /// The environment variables for curl, without the machine's proxies.
  var environment: [String: String] { ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""] }

  /// Returns time limits that are long enough for a busy machine.
  func patience(pauses: Int = 0, silence: Duration = .seconds(600)) -> Download.Patience {
    var patience = Download.Patience()
    patience.pauses = Array(repeating: .zero, count: pauses)
    (patience.connecting, patience.silence) = (.seconds(600), silence)
    return patience
  }

  /// Returns a server of the file that supports range requests.
  func goodServer() throws -> LocalServer {
    let file = file
    return try LocalServer { request, _ in .part(of: file, request) }
  }

  func ranges(_ server: LocalServer) -> [Int?] { server.requests.map(\.rangeStart) }
}

/// A test suite that downloads into a temporary folder.
protocol DownloadSuite {
  var downloads: LocalDownloads { get }
}

extension DownloadSuite {
  var folder: ScratchFolder { downloads.folder }
  var file: [UInt8] { downloads.file }
}

/// Returns the error of a download that must fail.
func downloadError(_ body: () throws -> Bool) throws -> DownloadError {
  try #require(throws: DownloadError.self) { _ = try body() }
}
