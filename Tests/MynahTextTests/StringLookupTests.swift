import MynahText
import Testing

struct StringLookupTests {
  static let words = ["a", "c", "d", "d", "z", "b"]

  @Test(
    "The mask token comes first, then the unknown tokens, then the learned tokens",
    arguments: [
      (.init(), ["[UNK]", "d", "z", "c", "b", "a"]), (.init(maskToken: ""), ["", "[UNK]", "d", "z", "c", "b", "a"]),
      (.init(maximumCount: 4, maskToken: ""), ["", "[UNK]", "d", "z"]), (.init(maximumCount: 1), ["[UNK]"]),
      (.init(unknownCount: 0), ["d", "z", "c", "b", "a"]),
      (.init(maximumCount: 5, unknownCount: 2, maskToken: "m", unknownToken: "u"), ["m", "u", "u", "d", "z"]),
    ] as [(StringLookup.Settings, [String])])
  func layout(_ settings: StringLookup.Settings, _ tokens: [String]) throws {
    let lookup = StringLookup(adapting: Self.words, settings)
    #expect(lookup.vocabulary.tokens == tokens && lookup.count == tokens.count)
    #expect(try StringLookup(vocabulary: tokens, settings, inverts: true) == lookup)
    let learned = Array(tokens.dropFirst(settings.unknownCount + (settings.maskToken == nil ? 0 : 1)))
    #expect(try StringLookup(vocabulary: learned, settings) == lookup)
    for (id, token) in tokens.enumerated() {
      #expect(lookup.token(of: Int32(id)) == token)
      if learned.contains(token) || token == settings.maskToken { #expect(try lookup.id(of: token) == Int32(id)) }
    }
  }

  @Test("Strings map to IDs and back; unknown strings share an ID, and unknown IDs share a string")
  func lookup() throws {
    let lookup = StringLookup(adapting: Self.words, .init(maskToken: ""))
    #expect(try lookup.ids(of: ["", "d", "a", "q", "[UNK]", "D"]) == [0, 2, 6, 1, 1, 1])
    #expect([-1, 0, 1, 6, 7].map { lookup.token(of: $0) } == ["[UNK]", "", "[UNK]", "a", "[UNK]"])
    let strict = StringLookup(adapting: Self.words, .init(unknownCount: 0))
    #expect(throws: TextError.unknownString("q")) { try strict.ids(of: ["a", "q"]) }
    #expect(StringLookup(adapting: [String]()).vocabulary.tokens == ["[UNK]"])
  }

  @Test("Mask and unknown tokens that occur in the text are not counted")
  func literalTokens() {
    let lookup = StringLookup(adapting: ["", "[UNK]", "", "a", "[UNK]"], .init(maskToken: ""))
    #expect(lookup.vocabulary.tokens == ["", "[UNK]", "a"])
    #expect(StringLookup(adapting: ["", "a", ""]).vocabulary.tokens == ["[UNK]", "", "a"])
  }

  @Test("Lists with duplicate, misplaced or too many tokens are errors")
  func badLists() throws {
    func error(
      _ tokens: [String], _ settings: StringLookup.Settings = .init(), inverts: Bool = false
    ) -> TextError? {
      #expect(throws: TextError.self) { try StringLookup(vocabulary: tokens, settings, inverts: inverts) }
    }
    #expect(error(["[UNK]", "a", "b", "a"]) == .duplicateToken("a", firstID: 1, secondID: 3))
    #expect(error(["a", ""], .init(maskToken: "")) == .reservedToken("", role: "mask token", position: 1))
    #expect(
      error(["", "a", "[UNK]"], .init(maskToken: "")) == .reservedToken("", role: "mask token", position: 0))
    #expect(error(["a", "b"], .init(maximumCount: 2)) == .tooManyTokens(count: 3, maximum: 2))
    #expect(error(["a", "[UNK]"], inverts: true) == .reservedToken("[UNK]", role: "unknown token", position: 1))
    let lookup = try StringLookup(vocabulary: ["a", "[UNK]"])
    #expect(try lookup.ids(of: ["a", "[UNK]", "b"]) == [1, 2, 0])
  }
}
