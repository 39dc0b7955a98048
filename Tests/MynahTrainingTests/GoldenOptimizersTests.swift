import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// Two parameters: a table, whose gradients may be rows, and a vector.
struct TableAndVector: Module {
  var table: Variable, vector: Variable

  mutating func visitParameters(prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void) rethrows {
    try body(ParameterSpec(prefix + "table", table.shape, .other), &table)
    try body(ParameterSpec(prefix + "vector", vector.shape, .other), &vector)
  }
}

/// The optimizers compared with PyTorch's in double precision (`Scripts/golden-optimizers.py`).
struct GoldenOptimizersTests {
  static let optimizers: [(name: String, rule: any OptimizerRule)] = [
    ("sgd", SGD()), ("sgd-decay", SGD(weightDecay: 0.01)), ("momentum", SGD(momentum: 0.9)),
    ("nesterov", SGD(momentum: 0.9, isNesterov: true, weightDecay: 0.01)),
    ("adagrad", Adagrad()), ("adagrad-decay", Adagrad(initialSum: 0.1, weightDecay: 0.01)),
    ("rmsprop", RMSProp()), ("rmsprop-decay", RMSProp(decay: 0.9, weightDecay: 0.01)),
    ("adam", Adam()), ("amsgrad", Adam(isAMSGrad: true)),
    ("adamw", Adam(beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.01)),
    ("asgd", AveragedSGD(averaging: .fromStart)),
  ]

  @Test(
    "A hundred steps with sparse rows and vectors match PyTorch's with dense gradients within 1e-5",
    arguments: optimizers.map(\.name))
  func hundredSteps(name: String) throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden-optimizers", withExtension: "safetensors"))
    let file = try SafetensorsFile(contentsOf: url.path)
    let tensor = { (name: String) in try file.tensor(named: name) }
    let rate = try tensor("learningRate").scalar
    let rows = try file.elements(named: "rows", as: Int32.self)
    let (tableGradients, vectorGradients) = try (tensor("gradients.table"), tensor("gradients.vector"))
    let (tables, vectors) = try (tensor(name + ".table"), tensor(name + ".vector"))
    var pair = try TableAndVector(table: Variable(tensor("table")), vector: Variable(tensor("vector")))
    let rule = try #require(Self.optimizers.first { $0.name == name }).rule
    var optimizer = Optimizer(OptimizerConfiguration(rule))
    for step in 0..<100 {
      let table = SparseRows(
        shape: [5, 3], rows: Array(rows[2 * step..<2 * step + 2]), values: tableGradients.gathered(step))
      optimizer.update(&pair, gradients: [.rows(table), .dense(vectorGradients.gathered(step))], rate: rate)
      guard step % 10 == 9 else { continue }
      let evaluated = optimizer.evaluated(pair)
      for (found, expected) in [(evaluated.table.value, tables), (evaluated.vector.value, vectors)] {
        let difference = largestRelativeDifference(found.elements, expected.gathered(step / 10).elements, floor: 1)
        #expect(difference < 1e-5, "step \(step)")
      }
    }
    #expect(optimizer.stepCount == 100)
  }
}
