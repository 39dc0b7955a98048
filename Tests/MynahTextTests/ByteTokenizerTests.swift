import Foundation
import MynahIO
import MynahText
import Testing

struct ByteTokenizerTests {
  let tokenizer = ByteTokenizer()

  @Test(
    "Any text is encoded as its bytes and decoded unchanged",
    arguments: ["", "a", "é\n😀", "e\u{301}\u{0}\r\n", "\u{FFFD}\u{10FF7F}"])
  func roundTrip(_ text: String) throws {
    let encoded = try tokenizer.encode(text)
    #expect(encoded.ids == text.utf8.map { Int32($0) })
    #expect(encoded.characterCount == text.unicodeScalars.count && encoded.unknownCount == 0)
    #expect(try tokenizer.encodePrompt(text) == encoded)
    #expect(tokenizer.decode(encoded.ids).utf8.elementsEqual(text.utf8))
    #expect(tokenizer.bytes(of: encoded.ids) == Array(text.utf8))
  }

  @Test("Invalid UTF-8 kept in a text is encoded as its bytes, and so are characters of the range that stores it")
  func keptBytes() throws {
    let bytes = Array(0...255) + Array("\u{10FFFF}".utf8)
    let text = String(decoding: UTF8.escaped(bytes), as: UTF8.self)
    #expect(try tokenizer.encode(text).ids == bytes.map { Int32($0) })
  }

  @Test("There are 256 tokens, and ASCII tokens are their own characters")
  func vocabulary() {
    #expect(tokenizer.vocabulary.count == 256)
    #expect(tokenizer.vocabulary.id(of: "\n") == 10 && tokenizer.vocabulary[97] == "a")
    #expect(tokenizer.vocabulary[0xC3] == "<0xC3>" && tokenizer.vocabulary.id(of: "<0x80>") == 128)
  }

  @Test("A character is held back until all its bytes have arrived")
  func streaming() {
    var decoder = tokenizer.decoder()
    let pieces = "aé😀b".utf8.map { decoder.decode(Int32($0)) }
    #expect(pieces == ["a", "", "é", "", "", "", "😀", "b"])
    #expect(decoder.finish() == "")
  }

  @Test(
    "Invalid UTF-8 becomes the same replacement characters as when decoded at once",
    arguments: [
      [0xC3], [0xC3, 0x41], [0x80, 0x80], [0xFF, 0x41], [0xE2, 0x82, 0x41, 0xF0, 0x9F], [0xE0, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80, 0x41], [0xC3, 0xC3, 0xA9], [0xED, 0xA0, 0x80],
    ] as [[UInt8]])
  func damaged(_ bytes: [UInt8]) {
    let ids = bytes.map { Int32($0) }
    #expect(tokenizer.decode(ids) == String(decoding: bytes, as: UTF8.self))
    #expect(tokenizer.bytes(of: ids) == bytes)
  }
}
