import Foundation

/// An incremental SHA-256 hash.
///
/// Source: FIPS 180-4.
package struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var byteCount: UInt64 = 0
  /// The trailing bytes that do not fill a block yet.
  private var rest: [UInt8] = []
  private static let blockSize = 64

  /// Creates the hash of an empty message.
  package init() {}

  /// Returns the digest of bytes in hexadecimal.
  package static func hexadecimal(of bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal()
  }

  /// Returns the digest of a file in hexadecimal, reading one mebibyte at a time; nil if the file cannot be read.
  package static func hexadecimal(ofFileAt path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    var hash = SHA256()
    do {
      while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update([UInt8](block)) }
    } catch {
      return nil
    }
    return hash.hexadecimal()
  }

  /// Appends bytes.
  package mutating func update(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe update($0) } }

  /// Appends 32-bit integers in little-endian order.
  package mutating func update(_ ids: [Int32]) { unsafe ids.withUnsafeBytes { unsafe update($0) } }

  private mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    let missing = rest.isEmpty ? 0 : min(Self.blockSize - rest.count, bytes.count)
    unsafe rest.append(contentsOf: bytes[..<missing])
    if rest.count == Self.blockSize {
      let block = rest
      rest = []
      unsafe block.withUnsafeBytes { unsafe compress($0) }
    }
    let end = missing + (bytes.count - missing) / Self.blockSize * Self.blockSize
    unsafe compress(UnsafeRawBufferPointer(rebasing: bytes[missing..<end]))
    unsafe rest.append(contentsOf: bytes[end...])
  }

  /// Returns the digest of the appended bytes: 32 bytes.
  package func digest() -> [UInt8] {
    var hash = self
    let bitCount = byteCount &* 8
    hash.update([0x80] as [UInt8])
    hash.update([UInt8](repeating: 0, count: (Self.blockSize + 56 - hash.rest.count) % Self.blockSize))
    hash.update(stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: bitCount >> $0) })
    return hash.state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
  }

  /// Returns the digest of the appended bytes in hexadecimal.
  package func hexadecimal() -> String { Self.hexadecimal(digest: digest()) }

  /// Returns bytes in hexadecimal, two digits each.
  package static func hexadecimal(digest: some Sequence<UInt8>) -> String {
    digest.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }

  /// Processes whole blocks.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    var sums = state
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      unsafe w.initialize(repeating: 0)
      unsafe Self.constants.withUnsafeBufferPointer { k in
        for start in stride(from: 0, to: blocks.count, by: Self.blockSize) {
          for t in 0..<16 {
            unsafe w[t] = UInt32(bigEndian: blocks.loadUnaligned(fromByteOffset: start + 4 * t, as: UInt32.self))
          }
          for t in 16..<64 {
            let (early, late) = unsafe (w[t - 15], w[t - 2])
            let s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)
            let s1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10)
            unsafe w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
          }
          var (a, b, c, d) = (sums[0], sums[1], sums[2], sums[3])
          var (e, f, g, h) = (sums[4], sums[5], sums[6], sums[7])
          for t in 0..<64 {
            let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let t1 = unsafe h &+ s1 &+ ((e & f) ^ (~e & g)) &+ k[t] &+ w[t]
            let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
          }
          (sums[0], sums[1], sums[2], sums[3]) = (sums[0] &+ a, sums[1] &+ b, sums[2] &+ c, sums[3] &+ d)
          (sums[4], sums[5], sums[6], sums[7]) = (sums[4] &+ e, sums[5] &+ f, sums[6] &+ g, sums[7] &+ h)
        }
      }
    }
    state = sums
  }

  private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 - count) }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
