import MynahIO
import Testing

struct SHA256Tests {
  @Test(
    "Digests match the FIPS 180-4 examples and the known digests of lengths around a block",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
      (String(repeating: "a", count: 63), "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"),
      (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
    ])
  func examples(_ text: String, _ digest: String) {
    #expect(SHA256.hexadecimal(of: Array(text.utf8)) == digest)
  }

  @Test("Bytes may be added in pieces of any length", arguments: [1, 7, 63, 64, 65, 200])
  func pieces(_ size: Int) {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var hash = SHA256()
    for start in stride(from: 0, to: bytes.count, by: size) {
      hash.update(Array(bytes[start..<min(start + size, bytes.count)]))
    }
    #expect(hash.hexadecimal() == SHA256.hexadecimal(of: bytes))
  }

  @Test("32-bit integers are hashed in little-endian order")
  func integers() {
    var hash = SHA256()
    hash.update([1, -2] as [Int32])
    #expect(hash.hexadecimal() == SHA256.hexadecimal(of: [1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]))
  }
}
