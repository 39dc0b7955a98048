import Foundation
import MynahIO
import MynahText
import TestSupport
import Testing

/// Compares many kinds of tokenizers with Hugging Face's library (`Scripts/golden-tokenizer-kinds.py`).
@Suite("Hugging Face tokenizers of many kinds")
struct HuggingFaceKindsTests {
  private struct Fixture: Decodable {
    struct Kind: Decodable {
      let name: String
      let json: String
      let ids: [[Int32]]
      let decoded: [String]
    }

    let lines: [String]
    let kinds: [Kind]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden-tokenizer-kinds", withExtension: "json"))
    let path = ProcessInfo.processInfo.environment["MYNAH_TOKENIZER_KINDS"]
    let file = path.map { URL(fileURLWithPath: $0) } ?? url
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  @Test("Lines have the same IDs as in Hugging Face's library, and IDs decode to the same text")
  func ids() throws {
    #expect(fixture.kinds.count >= 18)
    for kind in fixture.kinds {
      let tokenizer = try HuggingFaceTokenizer(json: kind.json)
      var (differentIDs, differentTexts): ([String], [String]) = ([], [])
      for (line, (ids, decoded)) in zip(fixture.lines, zip(kind.ids, kind.decoded)) {
        if try tokenizer.encode(line).ids != ids { differentIDs.append(line) }
        if !tokenizer.decode(ids).utf8.elementsEqual(decoded.utf8) { differentTexts.append(line) }
      }
      #expect(differentIDs.isEmpty, "\(kind.name): \(differentIDs.count) lines, such as \(differentIDs.prefix(3))")
      #expect(
        differentTexts.isEmpty, "\(kind.name): \(differentTexts.count) texts, such as \(differentTexts.prefix(3))")
    }
  }

  @Test("A coded tokenizer contains its JSON and decodes to an equal tokenizer")
  func coding() throws {
    for kind in fixture.kinds {
      let tokenizer = try AnyTokenizer(tokenizerJSON: kind.json)
      let copy = try JSONDecoder().decode(AnyTokenizer.self, from: JSONEncoder().encode(tokenizer))
      #expect(copy == tokenizer)
      if case .huggingFace = tokenizer { #expect(copy.tokenizerJSON == kind.json) }
    }
  }

  @Test("Appending lines one by one gives the tokens of the whole text")
  func lineByLine() throws {
    let text = fixture.lines.joined(separator: "\n")
    for kind in fixture.kinds {
      let tokenizer = try AnyTokenizer(tokenizerJSON: kind.json)
      #expect(try TextTokens.tokens(of: text, tokenizer).map(\.id) == tokenizer.encode(text).ids, "\(kind.name)")
    }
  }

  @Test(
    "An unsupported part is an error that names it",
    arguments: [
      (#""normalizer": {"type": "Mystery"}"#, "tokenizer.normalizer.type"),
      (#""normalizer": {"type": "Strip", "strip_middle": true}"#, "tokenizer.normalizer.strip_middle"),
      (#""pre_tokenizer": {"type": "UnicodeScripts"}"#, "tokenizer.pre_tokenizer.type"),
      (#""decoder": {"type": "CTC"}"#, "tokenizer.decoder.type"),
      (#""post_processor": {"type": "Mystery"}"#, "tokenizer.post_processor.type"),
      (#""extra": 1"#, "tokenizer.extra"),
      (
        #""pre_tokenizer": {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(?<=a)b"}}"#,
        "tokenizer.pre_tokenizer.pattern.Regex"
      ),
      (
        #""pre_tokenizer": {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "a*"}}"#,
        "tokenizer.pre_tokenizer.pattern.Regex"
      ),
      (
        #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#,
        "tokenizer.normalizer.precompiled_charsmap"
      ),
    ])
  func refusals(member: String, part: String) {
    let json = #"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}, \#(member)}"#
    do {
      _ = try AnyTokenizer(tokenizerJSON: json)
      Issue.record("\(member) was accepted")
    } catch .badTokenizerJSON(let found, _, _) {
      #expect(found == part)
    } catch {
      Issue.record(error)
    }
  }

  @Test("Dropout, unknown types and fields of the model, and gaps in the vocabulary are errors")
  func modelRefusals() {
    for model in [
      #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}"#,
      #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "mystery": true}"#,
      #"{"type": "Mystery", "vocab": {"a": 0}}"#, #"{"type": "WordLevel", "vocab": {"a": 1}}"#,
    ] {
      #expect(throws: TextError.self) { try AnyTokenizer(tokenizerJSON: #"{"model": \#(model)}"#) }
    }
  }

  @Test("Without an unknown token, unknown words are errors")
  func unknown() throws {
    let json = #"{"model": {"type": "WordLevel", "vocab": {"a": 0}}, "pre_tokenizer": {"type": "Whitespace"}}"#
    let tokenizer = try HuggingFaceTokenizer(json: json)
    #expect(try tokenizer.encode("a  a").ids == [0, 0])
    #expect(try tokenizer.encode("").ids.isEmpty)
    #expect(throws: TextError.unknownToken("b", line: 1, column: 3)) { try tokenizer.encode("a b") }
    #expect(throws: TextError.unknownToken("é", line: 3, column: 4)) { try tokenizer.encode("a\n\n a é") }
  }

  @Test("A prepared text has the tokens of the whole text, however small its pieces")
  func prepared() throws {
    let folder = try ScratchFolder()
    let text = fixture.lines.joined(separator: " ").replacing("\r", with: "").replacing("\0", with: "")
    let preparation = try TextPreparation(of: [folder.put(Array(text.utf8), as: "text")], threadCount: 2, pieceSize: 64)
    let corpus = try Corpus(at: folder("text"))
    for kind in fixture.kinds {
      let tokenizer = try AnyTokenizer(tokenizerJSON: kind.json)
      try preparation.write(tokenizer, to: folder("tokens"))
      let file = try TokenFile(at: folder("tokens"))
      #expect(
        file.training.ids(in: 0..<file.training.count) == (try tokenizer.encode(corpus.training).ids), "\(kind.name)")
      let validation = try tokenizer.encode(corpus.validation).ids
      #expect(file.validation.ids(in: 0..<file.validation.count) == validation, "\(kind.name)")
    }
  }

  @Test("An ignored post-processor is reported if it would add tokens")
  func postProcessor() throws {
    let model = #""model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}"#
    let bert = #""post_processor": {"type": "BertProcessing", "sep": ["a", 0], "cls": ["a", 0]}"#
    #expect(try HuggingFaceTokenizer(json: "{\(model), \(bert)}").ignoredPostProcessor == "BertProcessing")
    let offsets = #""post_processor": {"type": "ByteLevel", "trim_offsets": true}"#
    #expect(try HuggingFaceTokenizer(json: "{\(model), \(offsets)}").ignoredPostProcessor == nil)
  }
}
