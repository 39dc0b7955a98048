import Foundation
import Synchronization

/// A pseudo-terminal for a program that is run by a test.
struct PseudoTerminal {
  private struct Failure: Error {}

  private final class Written: Sendable {
    let bytes = Mutex([UInt8]())
  }

  /// The end that the program uses as a standard stream.
  let handle: FileHandle
  private let descriptor: Int32
  private let written = Written()

  init() throws {
    descriptor = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    let other = unsafe open(try Self.name(of: descriptor), O_RDWR | O_NOCTTY)
    guard other >= 0 else { throw Failure() }
    handle = FileHandle(fileDescriptor: other, closeOnDealloc: true)
    Thread.detachNewThread { [descriptor, written] in
      while true {
        var found = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { memory, count in
          found = unsafe read(descriptor, memory.baseAddress, 4096)
          count = max(found, 0)
        }
        // Reading fails once the program and the test have closed the other end.
        guard found > 0 else { return _ = close(descriptor) }
        written.bytes.withLock { $0 += bytes }
      }
    }
  }

  /// Unlocks the other end of a terminal and returns its path.
  private static func name(of descriptor: Int32) throws -> String {
    #if canImport(Darwin)
    guard grantpt(descriptor) == 0, unlockpt(descriptor) == 0, let name = unsafe ptsname(descriptor) else {
      throw Failure()
    }
    return unsafe String(cString: name)
    #else
    // TIOCSPTLCK and TIOCGPTN, which Swift does not import.
    var (lock, number) = (Int32(0), Int32(0))
    guard unsafe ioctl(descriptor, 0x4004_5431, &lock) == 0, unsafe ioctl(descriptor, 0x8004_5430, &number) == 0
    else {
      throw Failure()
    }
    return "/dev/pts/\(number)"
    #endif
  }

  /// The text written to the terminal so far.
  var text: String { String(decoding: written.bytes.withLock { $0 }, as: UTF8.self) }

  /// Types the given text.
  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
  }
}
