import MynahIO

/// A tokenizer of Hugging Face's library `tokenizers`, as described by a `tokenizer.json`.
///
/// Added tokens are extracted from a text; the text between them is normalized, split into pieces, and encoded by the
/// model (`WordLevel`, `BPE`, `WordPiece` or `Unigram`). The ids and the decoded text are those of the library without
/// its post-processor. A model file contains the JSON as it was read.
public struct HuggingFaceTokenizer: Tokenizer {
  public static let kind = "huggingface"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary
  /// The `tokenizer.json`.
  public let json: String
  /// The type of the post-processor if it adds tokens, such as those for the beginning of a text; these are not added
  /// here.
  public let ignoredPostProcessor: String?
  let normalizer: TextNormalizer?
  let preTokenizer: PreTokenizer?
  let model: SubwordModel
  let subwords: SubwordVocabulary
  /// The added tokens that are matched before and after normalization.
  let added: (raw: AddedTokens, normalized: AddedTokens)
  /// The normalized spelling of each added token that is matched after normalization; the token is decoded to this
  /// spelling.
  let normalizedSpellings: [Int32: String]
  let decoderSteps: DecoderSteps

  /// A Boolean value indicating whether every token is a whole word.
  package var isOfWholeWords: Bool { if case .words = model { encodesWordsApart } else { false } }

  /// A Boolean value indicating whether each word between white space is encoded by itself, and white space has no
  /// tokens.
  package var encodesWordsApart: Bool {
    switch model {
    case .words, .wordPiece: preTokenizer?.removesSpace ?? false
    case .bytePairs, .unigram: false
    }
  }

  /// A line end is text like any other, or removed, so no token represents it alone.
  public var endOfSentenceID: Int32? { nil }

  public func encode(_ text: String) throws(TextError) -> EncodedText {
    do throws(TextError) {
      return try encodeUnplaced(text)
    } catch {
      throw placed(error, in: text)
    }
  }

  /// Returns the error with the position of the unknown token: the first line that cannot be encoded by itself, and the
  /// column of the token's first occurrence in that line.
  private func placed(_ error: TextError, in text: String) -> TextError {
    guard case .unknownToken(let token, _, _) = error else { return error }
    for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      do throws(TextError) {
        _ = try encodeUnplaced(String(line))
      } catch {
        let (scalars, wanted) = (Array(line), Array(token.unicodeScalars))
        let column = scalars.indices.first { scalars[$0...].starts(with: wanted) }
        return .unknownToken(token, line: index + 1, column: (column ?? 0) + 1)
      }
    }
    return error
  }

  /// Encodes a text; an error about an unknown token does not contain the token's actual position.
  private func encodeUnplaced(_ text: String) throws(TextError) -> EncodedText {
    let scalars = Array(text.unicodeScalars)
    var encoded = EncodedText(ids: [], characterCount: scalars.count)
    var seen: [[Unicode.Scalar]: SubwordTokens] = [:]
    for part in added.raw.parts(of: scalars) {
      if let id = part.id {
        encoded.ids.append(id)
        continue
      }
      try encode(Array(scalars[part.range]), beginsText: part.range.lowerBound == 0, &encoded, &seen)
    }
    return encoded
  }

  private func encode(
    _ raw: [Unicode.Scalar], beginsText: Bool, _ encoded: inout EncodedText,
    _ seen: inout [[Unicode.Scalar]: SubwordTokens]
  ) throws(TextError) {
    let text = normalizer?(raw) ?? raw
    for part in added.normalized.parts(of: text) {
      if let id = part.id {
        encoded.ids.append(id)
        continue
      }
      let span = TextSpan(text: Array(text[part.range]), beginsText: beginsText && part.range.lowerBound == 0)
      for piece in preTokenizer?(span) ?? [span] where !piece.text.isEmpty {
        let isShort = piece.text.count <= 64
        let known = isShort ? seen[piece.text] : nil
        let tokens: SubwordTokens
        if let known { tokens = known } else { tokens = try model.encode(piece.text, subwords) }
        if isShort && known == nil && seen.count < 1 << 16 { seen[piece.text] = tokens }
        encoded.ids += tokens.ids
        encoded.unknownCount += tokens.unknownCount
      }
    }
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  public func decoder() -> TokenDecoder {
    TokenDecoder(
      TokenStream(decoderSteps) { [vocabulary, normalizedSpellings] in normalizedSpellings[$0] ?? vocabulary[$0] })
  }

  public func characterCount(of id: Int32) -> Int { decoder().bytes(of: id).count { $0 & 0xC0 != 0x80 } }

  public static func == (a: HuggingFaceTokenizer, b: HuggingFaceTokenizer) -> Bool { a.json == b.json }

  public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

extension HuggingFaceTokenizer {
  public init(from decoder: any Decoder) throws { try self.init(json: StoredTokenizerJSON(from: decoder).json) }

  public func encode(to encoder: any Encoder) throws { try StoredTokenizerJSON(json: json).encode(to: encoder) }
}
