import MynahIO

extension DecoderSteps {
  /// Reads a decoder.
  ///
  /// - Throws: `TextError.badTokenizerJSON` if it is not known.
  init(_ field: JSONField) throws(TextError) {
    steps = field.isNull ? [.spaced] : try Self.steps(field, depth: 0)
  }

  private static func steps(_ field: JSONField, depth: Int) throws(TextError) -> [DecoderStep] {
    try field.requireKnownMembers()
    switch field["type"].value?.string {
    case "Sequence":
      guard depth < 20 else { throw field.error("at most 20 nested sequences") }
      var all: [DecoderStep] = []
      for part in try field["decoders"].elements() { all += try steps(part, depth: depth + 1) }
      return all
    case "ByteLevel": return [.byteLevel]
    case "Metaspace":
      let scheme = try PreTokenizer.PrependScheme(field)
      return [.metaspace(try field["replacement"].scalar(), keepsFirst: scheme == .never)]
    case "WordPiece":
      return [.wordPiece(prefix: try field["prefix"].string(), cleansUp: try field["cleanup"].bool(or: true))]
    case "BPEDecoder": return [.bytePair(suffix: try field["suffix"].string())]
    case "ByteFallback": return [.byteFallback]
    case "Fuse": return [.fuse]
    case "Replace": return [.replace(try field["pattern"].pattern(), try field["content"].string())]
    case "Strip":
      let content = try field["content"].scalar()
      return [.strip(content, start: try field["start"].count(), stop: try field["stop"].count())]
    default:
      throw field["type"].error(
        "a decoder that is supported (Sequence, ByteLevel, Metaspace, WordPiece, BPEDecoder, ByteFallback, Fuse, "
          + "Replace, Strip)")
    }
  }
}
