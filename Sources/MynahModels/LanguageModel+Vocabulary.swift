import MynahIO
import MynahTensors

extension LanguageModel {
  /// Returns the model for a larger vocabulary, in which the existing tokens keep their ids and weights.
  ///
  /// A new token has the mean of the embeddings, and the means of the output's weights and biases, as in fastai's
  /// implementation of J. Howard, S. Ruder, "Universal language model fine-tuning for text classification", 2018.
  ///
  /// - Parameter size: The number of tokens, at least the current number.
  /// - Throws: `ModelError.impossible` if the output is not a softmax.
  public func extendingVocabulary(to size: Int) throws(ModelError) -> LanguageModel {
    let own = configuration.vocabularySize
    require(size >= own, "a vocabulary of \(own) tokens cannot be extended to \(size)")
    return try changingVocabulary(to: size) { tensor in
      let (width, elements) = (tensor.shape.elementCount / own, tensor.elements)
      var mean = [Double](repeating: 0, count: width)
      for index in elements.indices { mean[index % width] += Double(elements[index]) }
      let row = mean.map { Float($0 / Double(own)) }
      return elements + repeatElement(row, count: size - own).joined()
    }
  }

  /// Returns the model for some of its tokens, in a new order.
  ///
  /// - Parameter ids: The ids of the tokens to keep, in the order of their new ids: each once.
  /// - Throws: `ModelError.impossible` if the output is not a softmax.
  public func keepingTokens(_ ids: [Int32]) throws(ModelError) -> LanguageModel {
    require(
      !ids.isEmpty && Set(ids).count == ids.count && ids.allSatisfy { $0 >= 0 && $0 < configuration.vocabularySize },
      "the tokens to keep must be distinct and in 0 ..< \(configuration.vocabularySize)")
    return try changingVocabulary(to: ids.count) { tensor in
      let (width, elements) = (tensor.shape.elementCount / configuration.vocabularySize, tensor.elements)
      return ids.flatMap { elements[Int($0) * width..<(Int($0) + 1) * width] }
    }
  }

  /// Returns the model for another vocabulary.
  ///
  /// - Parameter rows: Returns the elements of a parameter that has a row per token.
  private func changingVocabulary(
    to size: Int, rows: (Tensor) -> [Float]
  ) throws(ModelError) -> LanguageModel {
    guard output is Softmax else {
      throw .impossible(
        reason: "only a model with a softmax over the whole vocabulary can get another vocabulary, found the output "
          + "layer '\(configuration.output.kind)'")
    }
    var configuration = configuration
    configuration.vocabularySize = size
    let architecture = try ModelArchitecture(configuration, kinds: self.architecture.kinds)
    let values = zip(parameters, parameterSpecs).map { parameter, spec in
      switch spec.role {
      case .embedding, .output:
        Tensor(shape: Shape([size] + spec.shape.sizes.dropFirst()), rows(parameter.value))
      default: parameter.value
      }
    }
    return LanguageModel(architecture, parameters: values)
  }

  /// Returns the model with other embeddings for some tokens.
  ///
  /// - Parameter vectors: The embedding of each of these tokens, by id: `embeddingSize` elements.
  public func replacingEmbeddings(_ vectors: [Int32: [Float]]) -> LanguageModel {
    let width = configuration.embeddingSize
    var elements = embedding.weight.value.elements
    for (id, vector) in vectors {
      require(vector.count == width, "an embedding has \(width) elements, found \(vector.count)")
      elements.replaceSubrange(Int(id) * width..<(Int(id) + 1) * width, with: vector)
    }
    var copy = self
    copy.embedding = Embedding(weight: Variable(Tensor(shape: embedding.weight.shape, elements)))
    return copy
  }
}
