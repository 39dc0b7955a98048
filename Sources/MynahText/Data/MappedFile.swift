import Foundation
import MynahTensors
import Synchronization

/// A file's bytes in the process's address space: the system reads what is touched when it is touched, and nothing is copied.
///
/// Pages that were touched stay resident, so after some of them all are given back; they are read again from the system's
/// cache when they are needed again. The file must not become shorter while it is mapped; what mynah writes never does,
/// because it takes the place of a file as a whole.
@safe
final class MappedFile: Sendable {
  let byteCount: Int
  // Only read.
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  /// Bytes that may have become resident since pages were given back last.
  private let touchedCount = Atomic(0)
  private static let touchedLimit = 64 << 20
  /// What one touch may make resident: the system maps neighbours too.
  private static let leastTouch = 64 << 10

  /// Maps a file.
  ///
  /// - Throws: When it is missing, no regular file, or cannot be read.
  init(path: String) throws(TextError) {
    // Opening a pipe would otherwise wait for its other end.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let failure = SystemFailure()
      switch failure.code {
      case ENOENT, ENOTDIR: throw .noSuchFile(path: path)
      case EACCES, EPERM: throw .notPermitted(path: path)
      default: throw .unreadable(path: path, reason: failure.reason)
      }
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: SystemFailure().reason)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .isDirectory(path: path) }
    if let kind = irregularKind(of: status.st_mode) {
      throw .unreadable(path: path, reason: "it is \(kind); name a regular file")
    }
    byteCount = Int(status.st_size)
    guard byteCount > 0 else {
      unsafe base = nil
      return
    }
    let mapped = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
    // MAP_FAILED is −1 as a pointer.
    guard let mapped = unsafe mapped, UInt(bitPattern: mapped) != .max else {
      throw .unreadable(path: path, reason: SystemFailure().reason)
    }
    unsafe base = UnsafeRawPointer(mapped)
  }

  deinit {
    if let base = unsafe base { _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Reads the bytes of a range in place.
  ///
  /// - Precondition: The range lies in 0 ..< `byteCount`.
  func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "\(range) lies outside of \(byteCount) bytes")
    let start = unsafe base.map { unsafe $0 + range.lowerBound }
    let result = unsafe body(UnsafeRawBufferPointer(start: start, count: range.count))
    let touched = touchedCount.wrappingAdd(max(range.count, Self.leastTouch), ordering: .relaxed).newValue
    if touched > Self.touchedLimit {
      touchedCount.store(0, ordering: .relaxed)
      if let base = unsafe base {
        _ = unsafe madvise(UnsafeMutableRawPointer(mutating: base), byteCount, MADV_DONTNEED)
      }
    }
    return result
  }

  /// A copy of the bytes of a range.
  func bytes(_ range: Range<Int>) -> [UInt8] { unsafe withBytes(range) { unsafe [UInt8]($0) } }
}
