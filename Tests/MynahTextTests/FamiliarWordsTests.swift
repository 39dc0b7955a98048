import MynahText
import Testing

struct FamiliarWordsTests {
  private let familiar = FamiliarWords(Vocabulary(slots: ["<unk>", "the", "cat", "Mr.", "n't", ",", "I", "“"]))

  @Test(
    "Words are respelt to match the vocabulary",
    arguments: [
      ("The cat.", "the cat"), ("THE, cat!", "the , cat"), ("Mr. Cat", "Mr. cat"), ("“the cat”", "“ the cat"),
      ("I can", "I can"), ("Zebra's?", "Zebra's"), ("", ""), ("  the\tcat ", "the cat"), ("...", ""), (",,", ", ,"),
    ])
  func respells(sentence: String, expected: String) { #expect(familiar(sentence) == expected) }
}
