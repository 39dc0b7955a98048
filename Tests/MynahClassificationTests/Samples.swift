import MynahClassification
import MynahTensors

/// Texts and settings that are small enough to train quickly.
enum Samples {
  /// Texts of two labels that differ in most of their words.
  static func messages(_ count: Int, seed: UInt64 = 1) -> LabelledText {
    var random = RandomSource(seed: seed)
    let words = (
      ham: ["home", "dinner", "see", "you", "mum", "late", "ok"],
      spam: ["WIN", "prize", "call", "0800", "free", "you", "!"]
    )
    return LabelledText(
      (0..<count).map { index in
        let isSpam = index.isMultiple(of: 3)
        let own = isSpam ? words.spam : words.ham
        let text = (0..<(3 + Int(random.next() % 5))).map { _ in own[Int(random.next() % UInt64(own.count))] }
        return (isSpam ? "spam" : "ham", text.joined(separator: " "))
      })
  }

  /// Small models and few epochs.
  static func settings(_ method: ClassificationMethod) -> ClassifierSettings {
    var settings = ClassifierSettings(method)
    settings.readings = settings.readings.prefix(2).map { reading in
      var reading = reading
      (reading.embeddingSize, reading.hiddenSizes, reading.languageModelEpochs) = (8, [12], 2)
      return reading
    }
    if settings.ngramBucketCount > 0 { settings.ngramBucketCount = 64 }
    (settings.epochs, settings.batchSize) = (3, 16)
    (settings.learningRate, settings.languageModelRate, settings.dropout) = (0.02, 0.02, 0.2)
    return settings
  }
}
