#if Server
import MynahInference
import MynahText

extension GenerationOrder.Prompt {
  /// Converts a prompt to tokens.
  ///
  /// The parts between two state resets, such as lines if the model was trained on separate lines, are tokenized
  /// separately.
  ///
  /// - Parameters:
  ///   - start: The state after the text that the prompt continues.
  ///   - policy: The positions at which the state is reset.
  /// - Throws: `ServerFailure` if a token is not in the vocabulary and the vocabulary has no `<unk>`.
  init(
    _ prompt: CompletionRequest.Prompt, after start: TextState?, tokenizer: AnyTokenizer, policy: StatePolicy
  ) throws {
    let (recent, before) = (start?.recent ?? [], start.map { tokenizer.decode($0.recent) } ?? "")
    var written = WrittenText(policy)
    _ = written.append(before)
    self.init(start: start, segments: [[]], text: "")
    switch prompt {
    case .text(let text):
      self.text = text
      var parts = [""]
      for scalar in text.unicodeScalars {
        parts[parts.count - 1].unicodeScalars.append(scalar)
        if written.append(String(scalar)) { parts.append("") }
      }
      segments = try parts.enumerated().map { index, part in
        try ClientError.ofText("prompt") {
          index == 0 && start != nil
            ? try tokenizer.encode(part, beginsText: false, endsText: false).ids : try tokenizer.encodePrompt(part).ids
        }
      }
    case .ids(let ids):
      var decoder = tokenizer.decoder()
      decoder.begin(after: before, recent)
      isContext = start == nil && ids.first == tokenizer.textStartID && ids.first != nil
      for (index, id) in ids.enumerated() {
        segments[segments.count - 1].append(id)
        let piece = decoder.decode(id)
        text += piece
        if written.append(piece) && !(index == 0 && isContext) { segments.append([]) }
      }
    }
  }
}
#endif
