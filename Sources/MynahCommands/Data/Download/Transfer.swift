import MynahIO

/// One attempt to download the missing bytes of a part.
struct Transfer {
  let target: Download.Target
  let part: PartFile
  let curl: Curl
  let patience: Download.Patience
  let report: (Download.Event) -> Void

  /// Downloads until the server is done.
  ///
  /// - Throws: `DownloadError`, `FileError`, or `Curl.Interrupted`.
  func run() throws {
    let start = part.byteCount
    let outcome = try fetch()
    // The body of any other response is not the file's.
    if part.byteCount > start, outcome.status != (start == 0 ? 200 : 206) { try part.restart() }
    switch (outcome.exitCode, outcome.status) {
    case (0, 200) where start == 0, (0, 206) where start > 0: try checkEnd(of: outcome, start: start)
    case (0, _) where start > 0, (22, 416) where start > 0, (33, _) where start > 0:
      try startOver()
    case (0, _), (22, 400...): throw DownloadError.refused(address: target.address, status: outcome.status)
    case (1, 300..<400): throw misdirected("it does not lead to https")
    case (3, 300..<400): throw misdirected("its address is malformed")
    case (47, _): throw misdirected("there are more than \(Curl.redirectLimit) redirects")
    case (63, _):
      try part.restart()
      throw otherSize(found: outcome.bodySize.map { outcome.status == 206 ? start + $0 : $0 })
    // The server closed the connection early, was silent for too long, did not answer, or the connection was lost.
    case (18, _), (28, _), (52, _), (55, _), (56, _): throw brokenOff(outcome.message)
    case (126, _), (127, _): throw DownloadError.noCurl(address: target.address, path: part.path)
    default: throw DownloadError.failed(address: target.address, reason: outcome.message)
    }
  }

  /// Downloads from the first byte, because the server cannot continue the part.
  private func startOver() throws {
    try part.restart()
    try run()
  }

  // MARK: Bytes

  private func fetch() throws -> Curl.Outcome {
    var isStarted = false
    let arguments = Curl.arguments(
      address: target.address, start: part.byteCount, limit: target.limit, patience: patience)
    return try curl.run(arguments) { bytes in
      if !isStarted { report(.started(byteCount: part.byteCount, total: target.byteCount)) }
      isStarted = true
      guard part.byteCount + bytes.byteCount <= target.limit else {
        try part.restart()
        throw otherSize(found: nil)
      }
      try store(bytes)
      report(.received(byteCount: part.byteCount))
    }
  }

  private func store(_ bytes: RawSpan) throws {
    do {
      try part.append(bytes)
    } catch .writeFailed(let path, let reason) {
      throw DownloadError.cannotStore(path: path, reason: reason)
    }
  }

  /// Checks that a response that ended without an error is complete.
  private func checkEnd(of outcome: Curl.Outcome, start: Int) throws {
    guard let total = target.byteCount, part.byteCount < total else { return }
    // The end of a connection is not always the end of the file, and a server may send less than the requested range.
    guard outcome.marksEnd, start == 0 else { throw brokenOff("the server closed the connection early") }
    let found = part.byteCount
    try part.restart()
    throw otherSize(found: found)
  }

  // MARK: Errors

  private func brokenOff(_ reason: String) -> DownloadError {
    .brokenOff(address: target.address, byteCount: part.byteCount, reason: reason)
  }

  private func misdirected(_ reason: String) -> DownloadError {
    .misdirected(address: target.address, reason: reason)
  }

  private func otherSize(found: Int?) -> DownloadError {
    .otherSize(address: target.address, expected: target.byteCount ?? target.limit, found: found)
  }
}
