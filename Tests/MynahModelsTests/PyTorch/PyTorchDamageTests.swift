import Foundation
import MynahIO
import MynahModels
import MynahTensors
import TestSupport
import Testing

@Suite("Damaged torch.save files")
struct PyTorchDamageTests {
  @Test(
    "A file cut short at any byte is refused",
    arguments: [
      "state.pt", "state-without-checksums.pt", "state-legacy.pt", "module-legacy.pt", "views-legacy.pt",
      "corpus-legacy.pt", "itos-2.pkl", "itos-4.pkl",
    ])
  func truncated(name: String) throws {
    let whole = try PyTorchFixture.bytes(name)
    for length in 0..<whole.count {
      #expect(throws: (any Error).self, "\(length)") { try PyTorchFixture.read(Array(whole[..<length])) }
    }
  }

  @Test("A truncated pickle is refused, even in a sound archive")
  func truncatedPickle() throws {
    let whole = try Archive(of: "module.pt")
    for length in stride(from: 0, to: whole.pickle.count, by: 7) {
      #expect(throws: (any Error).self) { try PyTorchFixture.read(whole.bytes(Array(whole.pickle[..<length]))) }
    }
  }

  /// The environment variables `MYNAH_FUZZ_COUNT` and `MYNAH_FUZZ_SEED` set the number of files and the random seed.
  @Test("Randomly damaged files are either read or refused with an error, within the memory limit")
  func mutations() throws {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["MYNAH_FUZZ_COUNT"].flatMap { Int($0) } ?? 4000
    let seed = environment["MYNAH_FUZZ_SEED"].flatMap { UInt64($0) } ?? 15
    let plain = [
      "state-legacy.pt", "checkpoint-legacy.pt", "module-legacy.pt", "awd-lstm-legacy.pt", "views-legacy.pt",
      "corpus-legacy.pt", "state-legacy-protocol-4.pt", "itos-4.pkl", "dictionary.pkl", "state.pt", "state-deflated.pt",
      "state-without-checksums.pt", "script.pt",
    ]
    let files = try plain.map(PyTorchFixture.bytes)
    let archives = try ["checkpoint.pt", "module.pt", "awd-lstm.pt", "views.pt", "unusual.pt"].map(Archive.init(of:))
    var random = Mutation(seed: seed)
    var readCount = 0
    for _ in 0..<count {
      // Half of the damage is to the pickle inside a sound archive; otherwise checksums would reveal it at once.
      let archive = archives[random.below(archives.count)]
      let bytes =
        random.below(2) == 0
        ? random.mutated(files[random.below(files.count)], with: files[random.below(files.count)])
        : archive.bytes(random.mutated(archive.pickle, with: archives[random.below(archives.count)].pickle))
      do {
        let file = try PyTorchFixture.read(bytes)
        let size = file.tensors.reduce(0) { $0 + $1.tensor.byteCount }
        #expect(size <= 4 * bytes.count + 64 << 20)
        _ = file.safetensors()
        readCount += 1
      } catch let error as any Error & CustomStringConvertible {
        #expect(error is PyTorchFileError || error is FileError || error is CheckpointError)
        #expect(error.description.utf8.count < 20_000)
      }
    }
    #expect(readCount > count / 100 && readCount < count)
  }
}

/// An archive whose pickle can be replaced.
private struct Archive {
  let pickle: [UInt8]
  private var builder = ArchiveBuilder()

  init(of name: String) throws {
    let archive = try ZipArchive(try PyTorchFixture.bytes(name), path: name)
    var pickle: [UInt8] = []
    for entry in archive.entries {
      let contents = try archive.contents(of: entry)
      if entry.name.hasSuffix("data.pkl") { pickle = contents }
      builder.members.append(.init(entry.name, contents))
    }
    self.pickle = pickle
  }

  func bytes(_ pickle: [UInt8]) -> [UInt8] {
    var builder = builder
    for index in builder.members.indices where builder.members[index].name.hasSuffix("data.pkl") {
      builder.members[index] = .init(builder.members[index].name, pickle)
    }
    return builder.bytes
  }
}

/// A source of random damage.
private struct Mutation {
  private var random: RandomSource

  init(seed: UInt64) { random = RandomSource(seed: seed) }

  mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  /// Bytes that matter in pickles and in numbers.
  private static let bytes: [UInt8] =
    [0, 1, 2, 0x7F, 0x80, 0xFF, 10, 0x85, 0x86, 0x87, 0x81, 0x8A, 0x8B, 0x93, 0x94]
    + Array("()]}NRQbceghjqrstu012.KJMGX".utf8)
  private static let numbers = [0, 1, 255, 256, 65536, 1 << 31 - 1, 1 << 31, 1 << 32, 1 << 40, .max, .min, -1]

  /// Returns a copy with one to four changes; some insert a part of another file.
  mutating func mutated(_ original: [UInt8], with other: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...below(4) where !bytes.isEmpty {
      let place = below(bytes.count)
      let length = min(1 + below(16), bytes.count - place)
      switch below(8) {
      case 0: bytes[place] ^= 1 << UInt8(below(8))
      case 1, 2: bytes[place] = Self.bytes[below(Self.bytes.count)]
      case 3: bytes[place] = UInt8(below(256))
      case 4: bytes.removeSubrange(place..<place + length)
      case 5: bytes.insert(contentsOf: bytes[place..<place + length], at: below(bytes.count))
      case 6:
        let start = below(max(1, other.count))
        bytes.insert(contentsOf: other[start..<min(other.count, start + 1 + below(64))], at: place)
      default:
        let number = Self.numbers[below(Self.numbers.count)].littleEndianBytes.prefix([1, 2, 4, 8][below(4)])
        let end = min(bytes.count, place + number.count)
        bytes.replaceSubrange(place..<end, with: number)
      }
      if below(50) == 0 { bytes.removeLast(below(bytes.count + 1)) }
    }
    return bytes
  }
}
