/// The 64-bit FarmHash fingerprint, which TensorFlow and Keras use to assign an unknown string to an OOV index.
///
/// Source: Pike, Alakuijala, "Introducing FarmHash", 2014; the fingerprint is guaranteed never to change.
package enum FarmHash {
  private static let k0: UInt64 = 0xC3A5_C85C_97CB_3127
  private static let k1: UInt64 = 0xB492_B66F_BE98_F273
  private static let k2: UInt64 = 0x9AE1_6A3B_2F90_404F

  private typealias Pair = (first: UInt64, second: UInt64)

  /// Returns the fingerprint of bytes.
  package static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
    switch bytes.count {
    case 0...16: upTo16(bytes)
    case 17...32: upTo32(bytes)
    case 33...64: upTo64(bytes)
    default: longer(bytes)
    }
  }

  private static func upTo16(_ s: [UInt8]) -> UInt64 {
    let count = s.count
    let factor = k2 &+ UInt64(count) &* 2
    if count >= 8 {
      let (a, b) = (word(s, 0) &+ k2, word(s, count - 8))
      return mixed(rotated(b, 37) &* factor &+ a, (rotated(a, 25) &+ b) &* factor, factor)
    }
    if count >= 4 { return mixed(UInt64(count) &+ halfWord(s, 0) << 3, halfWord(s, count - 4), factor) }
    guard count > 0 else { return k2 }
    let y = UInt64(s[0]) + UInt64(s[count / 2]) << 8
    let z = UInt64(count) + UInt64(s[count - 1]) << 2
    return shiftMixed(y &* k2 ^ z &* k0) &* k2
  }

  private static func upTo32(_ s: [UInt8]) -> UInt64 {
    let count = s.count
    let factor = k2 &+ UInt64(count) &* 2
    let (a, b) = (word(s, 0) &* k1, word(s, 8))
    let (c, d) = (word(s, count - 8) &* factor, word(s, count - 16) &* k2)
    return mixed(
      rotated(a &+ b, 43) &+ rotated(c, 30) &+ d, a &+ rotated(b &+ k2, 18) &+ c, factor)
  }

  private static func upTo64(_ s: [UInt8]) -> UInt64 {
    let count = s.count
    let factor = k2 &+ UInt64(count) &* 2
    let (a, b) = (word(s, 0) &* k2, word(s, 8))
    let (c, d) = (word(s, count - 8) &* factor, word(s, count - 16) &* k2)
    let y = rotated(a &+ b, 43) &+ rotated(c, 30) &+ d
    let z = mixed(y, a &+ rotated(b &+ k2, 18) &+ c, factor)
    let (e, f) = (word(s, 16) &* factor, word(s, 24))
    let (g, h) = ((y &+ word(s, count - 32)) &* factor, (z &+ word(s, count - 24)) &* factor)
    return mixed(
      rotated(e &+ f, 43) &+ rotated(g, 30) &+ h, e &+ rotated(f &+ a, 18) &+ g, factor)
  }

  private static func longer(_ s: [UInt8]) -> UInt64 {
    let seed: UInt64 = 81
    var x = seed &* k2 &+ word(s, 0)
    var y = seed &* k1 &+ 113
    var z = shiftMixed(y &* k2 &+ 113) &* k2
    var (v, w): (Pair, Pair) = ((0, 0), (0, 0))
    let rest = (s.count - 1) & 63
    for start in stride(from: 0, to: s.count - 1 - rest, by: 64) {
      x = rotated(x &+ y &+ v.first &+ word(s, start + 8), 37) &* k1
      y = rotated(y &+ v.second &+ word(s, start + 48), 42) &* k1
      x ^= w.second
      y = y &+ v.first &+ word(s, start + 40)
      z = rotated(z &+ w.first, 33) &* k1
      v = weak(s, start, v.second &* k1, x &+ w.first)
      w = weak(s, start + 32, z &+ w.second, y &+ word(s, start + 16))
      swap(&z, &x)
    }
    // The last 64 bytes, some of which may have been hashed already.
    let factor = k1 &+ (z & 0xFF) << 1
    let start = s.count - 64
    w.first = w.first &+ UInt64(rest)
    v.first = v.first &+ w.first
    w.first = w.first &+ v.first
    x = rotated(x &+ y &+ v.first &+ word(s, start + 8), 37) &* factor
    y = rotated(y &+ v.second &+ word(s, start + 48), 42) &* factor
    x ^= w.second &* 9
    y = y &+ v.first &* 9 &+ word(s, start + 40)
    z = rotated(z &+ w.first, 33) &* factor
    v = weak(s, start, v.second &* factor, x &+ w.first)
    w = weak(s, start + 32, z &+ w.second, y &+ word(s, start + 16))
    swap(&z, &x)
    return mixed(
      mixed(v.first, w.first, factor) &+ shiftMixed(y) &* k0 &+ z, mixed(v.second, w.second, factor) &+ x, factor)
  }

  /// Mixes 32 bytes and two seeds into two integers.
  private static func weak(_ s: [UInt8], _ start: Int, _ first: UInt64, _ second: UInt64) -> Pair {
    let z = word(s, start + 24)
    let a = first &+ word(s, start)
    let b = rotated(second &+ a &+ z, 21)
    let sum = a &+ word(s, start + 8) &+ word(s, start + 16)
    return (sum &+ z, b &+ rotated(sum, 44) &+ a)
  }

  private static func mixed(_ u: UInt64, _ v: UInt64, _ factor: UInt64) -> UInt64 {
    let a = shiftMixed((u ^ v) &* factor)
    return shiftMixed((v ^ a) &* factor) &* factor
  }

  private static func shiftMixed(_ x: UInt64) -> UInt64 { x ^ x >> 47 }

  private static func rotated(_ x: UInt64, _ count: UInt64) -> UInt64 { x >> count | x << (64 - count) }

  /// Returns eight bytes as a little-endian integer.
  private static func word(_ s: [UInt8], _ start: Int) -> UInt64 {
    s[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Returns four bytes as a little-endian integer.
  private static func halfWord(_ s: [UInt8], _ start: Int) -> UInt64 {
    s[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
