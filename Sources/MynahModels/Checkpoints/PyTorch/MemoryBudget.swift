/// The memory budget for reading a file: four times the file's size, plus a constant.
///
/// Every value of a pickle, every member of an archive and every tensor is charged before it is allocated, so a small
/// file cannot exhaust the memory.
struct MemoryBudget {
  /// The maximum number of bytes.
  let limit: Int
  private(set) var used = 0
  private let path: String

  /// The part that does not depend on the file's size, in bytes: enough for a vocabulary of half a million words, which
  /// takes up to ten times as much memory as in the pickle.
  static let constant = 64 << 20

  init(fileByteCount: Int, path: String) {
    let (product, overflow) = fileByteCount.multipliedReportingOverflow(by: 4)
    let (sum, overflowOfSum) = product.addingReportingOverflow(Self.constant)
    limit = overflow || overflowOfSum ? .max : sum
    self.path = path
  }

  /// Charges a number of bytes.
  ///
  /// - Throws: `PyTorchFileError.tooLarge` if the limit is exceeded.
  mutating func spend(_ byteCount: Int) throws(PyTorchFileError) {
    guard byteCount <= limit - used else { throw .tooLarge(path: path, limit: limit) }
    used += byteCount
  }

  /// Charges elements of some size.
  ///
  /// - Throws: `PyTorchFileError.tooLarge` if the limit is exceeded.
  mutating func spend(_ elementCount: Int, of elementByteCount: Int) throws(PyTorchFileError) {
    let (byteCount, overflow) = elementCount.multipliedReportingOverflow(by: elementByteCount)
    guard !overflow else { throw .tooLarge(path: path, limit: limit) }
    try spend(byteCount)
  }

  /// Gives back bytes that are no longer in use.
  mutating func release(_ byteCount: Int) { used -= byteCount }
}
