import Foundation
import MynahModels
import MynahTensors
import SwiftProtobuf

/// Builds the graph of a language model, node by node.
struct GraphBuilder {
  private(set) var graph = ONNXGraph()

  init() { graph.name = "language model" }

  /// Adds a whole model.
  mutating func add(_ model: LanguageModel) throws(ONNXError) {
    guard let output = model.output as? Softmax else {
      throw .unsupportedPart(part: "the output", kind: model.architecture.output.kind.title)
    }
    let byteCount = model.parameters.reduce(0) { $0 + $1.value.shape.elementCount * MemoryLayout<Float>.size }
    // Leaves room for names and for the second biases of ONNX's operators.
    guard byteCount < Int(Int32.max) - (1 << 24) else { throw .tooLarge(byteCount: byteCount) }
    addInput("ids", .int64, [.named("steps"), .named("batch")])
    add(model.embedding.weight.value, named: "embedding.weight")
    addNode("Gather", ["embedding.weight", "ids"], ["embedding"])
    addSqueezedAxis()
    var (x, outputs) = ("embedding", [String]())
    for (index, layer) in model.architecture.layers.enumerated() {
      let operation = try RecurrentOperator(
        layer.kind, layer.shape, index: index, weights: model.stack.layers[index].parameters.map(\.value))
      let output = add(operation, index: index, reading: x)
      if model.architecture.isResidual(layer: index) {
        addNode("Add", [output, x], ["sum\(index)"])
        x = "sum\(index)"
      } else {
        x = output
      }
      outputs.append(output)
    }
    if model.configuration.connections == .skip && outputs.count > 1 {
      addNode("Sum", outputs, ["skips"])
      x = "skips"
    }
    let isTied = model.configuration.isTied
    let outputWeight = isTied ? "embedding.weight" : "output.weight"
    if !isTied { add(output.linear.weight.value, named: outputWeight) }
    add(output.linear.bias.value, named: "output.bias")
    addNode(
      "Transpose", [outputWeight], ["output.columns"],
      [.with { ($0.name, $0.ints, $0.type) = ("perm", [1, 0], .ints) }])
    addNode("MatMul", [x, "output.columns"], ["products"])
    addNode("Add", ["products", "output.bias"], ["logits"])
    graph.output.insert(
      value("logits", .float, [.named("steps"), .named("batch"), .fixed(model.configuration.vocabularySize)]), at: 0)
  }

  /// Adds a recurrent layer and returns the name of its outputs, [steps, batch, H].
  private mutating func add(_ operation: RecurrentOperator, index: Int, reading x: String) -> String {
    func stored(_ name: String, _ tensor: Tensor?) -> String {
      guard let tensor else { return "" }
      add(tensor, named: "recurrent.\(index).\(name)")
      return "recurrent.\(index).\(name)"
    }
    var (inputs, outputs) = ([x], ["all\(index)"])
    inputs += [stored("W", operation.input), stored("R", operation.recurrent), stored("B", operation.bias), ""]
    for part in operation.stateParts {
      let shape: [Dimension] = [.fixed(1), .named("batch"), .fixed(operation.hiddenSize)]
      addInput("\(part)\(index)", .float, shape)
      graph.output.append(value("next_\(part)\(index)", .float, shape))
      inputs.append("\(part)\(index)")
      outputs.append("next_\(part)\(index)")
    }
    if let peepholes = operation.peepholes { inputs.append(stored("P", peepholes)) }
    let size = ONNXAttribute.with { ($0.name, $0.i, $0.type) = ("hidden_size", Int64(operation.hiddenSize), .int) }
    addNode(operation.name, inputs, outputs, [size] + operation.attributes)
    addNode("Squeeze", ["all\(index)", Self.axisName], ["output\(index)"])
    return "output\(index)"
  }

  // MARK: Pieces

  /// The name of the constant with the axis to squeeze: the recurrent operators' axis of directions, which has size 1.
  private static let axisName = "directions"

  private mutating func addSqueezedAxis() {
    graph.initializer.append(
      .with {
        ($0.name, $0.dims, $0.dataType) = (Self.axisName, [1], .int64)
        $0.rawData = Data([1, 0, 0, 0, 0, 0, 0, 0])
      })
  }

  private mutating func add(_ tensor: Tensor, named name: String) {
    graph.initializer.append(
      .with {
        ($0.name, $0.dataType) = (name, .float)
        $0.dims = tensor.shape.sizes.map { Int64($0) }
        $0.rawData = unsafe tensor.withUnsafeElements { unsafe Data(buffer: $0) }
      })
  }

  private mutating func addNode(
    _ operation: String, _ inputs: [String], _ outputs: [String], _ attributes: [ONNXAttribute] = []
  ) {
    graph.node.append(
      .with {
        $0.opType = operation
        $0.name = "\(operation) \(graph.node.count)"
        ($0.input, $0.output, $0.attribute) = (inputs, outputs, attributes)
      })
  }

  /// The size of an axis: fixed, or named and chosen by the caller of the graph.
  private enum Dimension {
    case fixed(Int)
    case named(String)
  }

  private mutating func addInput(_ name: String, _ type: ONNXTensor.Element, _ shape: [Dimension]) {
    graph.input.append(value(name, type, shape))
  }

  private func value(_ name: String, _ type: ONNXTensor.Element, _ shape: [Dimension]) -> ONNXValue {
    .with { value in
      value.name = name
      value.type.tensorType.elemType = type
      value.type.tensorType.shape.dim = shape.map { size in
        .with {
          switch size {
          case .fixed(let size): $0.dimValue = Int64(size)
          case .named(let name): $0.dimParam = name
          }
        }
      }
    }
  }
}
