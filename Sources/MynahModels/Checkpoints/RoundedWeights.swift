import MynahTensors

// Rounded matrices are stored as bfloat16, or as int8 with one float32 scale per row; the scales are a tensor with the
// matrix's name and ".scale".

extension ModelFile {
  /// Returns the same model with its matrices rounded; biases are kept as they are.
  ///
  /// Rounding is idempotent: a model that is written and read again has the same weights.
  public func rounded(to precision: WeightPrecision) -> ModelFile {
    var result = self
    result.precision = precision
    result.model = model.rounded(to: precision)
    return result
  }
}

extension Module {
  /// Returns the same module with its matrices rounded; vectors are kept as they are.
  package func rounded(to precision: WeightPrecision) -> Self {
    guard precision != .float32 else { return self }
    var result = self
    result.visitParameters(prefix: "") { spec, parameter in
      if spec.shape.rank == 2 { parameter = Variable(parameter.value.roundedRows(to: precision)) }
    }
    return result
  }
}

extension Tensor {
  /// Returns this matrix rounded to a precision, as float32.
  func roundedRows(to precision: WeightPrecision) -> Tensor {
    switch precision {
    case .float32: self
    case .bfloat16: Tensor(bfloat16Bits: bfloat16Bits, shape: shape)
    case .int8:
      { Tensor(integers: $0.integers, scales: $0.scales, shape: shape) }(Kernels.quantizeRows(self))
    }
  }

  fileprivate var bfloat16Bits: [UInt16] { withSpan { span in span.indices.map { span[$0].bfloat16Bits } } }

  fileprivate init(bfloat16Bits: [UInt16], shape: Shape) {
    self.init(shape: shape, bfloat16Bits.map { Float(bfloat16Bits: $0) })
  }

  fileprivate init(integers: [Int8], scales: Tensor, shape: Shape) {
    let columnCount = shape[1]
    unsafe self.init(shape: shape) { target in
      scales.withSpan { scales in
        for row in 0..<shape[0] {
          let scale = scales[row]
          for index in row * columnCount..<(row + 1) * columnCount {
            unsafe target[index] = Float(integers[index]) * scale
          }
        }
      }
    }
  }
}

extension SafetensorsFile {
  private static let scaleSuffix = ".scale"

  /// Returns the precision of the model's stored matrices, determined by the first one.
  func weightPrecision() throws(CheckpointError) -> WeightPrecision {
    let name = "embedding.weight"
    guard let type = self[name]?.elementType else { throw .missingTensor(path: path, name: name) }
    switch type {
    case .int8: return .int8
    case .bfloat16: return .bfloat16
    default: return .float32
    }
  }

  /// Returns a matrix of the model, widened to float32.
  ///
  /// - Throws: `CheckpointError` if it or its scales are missing or have another type or shape, or if a scale is
  ///   negative or not finite.
  func matrix(named name: String, shape: Shape, precision: WeightPrecision) throws(CheckpointError) -> Tensor {
    switch precision {
    case .float32:
      return try tensor(named: name, shape: shape)
    case .bfloat16:
      return Tensor(
        bfloat16Bits: try elements(named: name, as: BFloat16Bits.self, shape: shape).map(\.bits), shape: shape)
    case .int8:
      let integers = try elements(named: name, as: Int8.self, shape: shape)
      let scales = try tensor(named: name + Self.scaleSuffix, shape: [shape[0]])
      if let scale = scales.elements.first(where: { !($0 >= 0 && $0.isFinite) }) {
        throw .malformedTensor(
          path: path, name: name + Self.scaleSuffix, expected: "finite scales of 0 or more", found: "\(scale)")
      }
      return Tensor(integers: integers, scales: scales, shape: shape)
    }
  }

  /// Stores a matrix rounded to a precision.
  mutating func store(matrix: Tensor, named name: String, precision: WeightPrecision) {
    switch precision {
    case .float32:
      self[name] = StoredTensor(matrix)
    case .bfloat16:
      self[name] = StoredTensor(matrix.bfloat16Bits.map(BFloat16Bits.init), shape: matrix.shape)
    case .int8:
      let (integers, scales) = Kernels.quantizeRows(matrix)
      self[name] = StoredTensor(integers, shape: matrix.shape)
      self[name + Self.scaleSuffix] = StoredTensor(scales)
    }
  }
}

/// A bfloat16 number as it is stored.
private struct BFloat16Bits: StoredElement {
  static var elementType: ElementType { .bfloat16 }
  let bits: UInt16
}
