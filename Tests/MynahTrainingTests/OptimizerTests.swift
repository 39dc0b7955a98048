import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

struct OptimizerTests {
  /// A rule and one weight after each of two steps, computed by hand.
  struct Row: CustomTestStringConvertible, Sendable {
    let rule: any OptimizerRule
    let first, second: Float
    var testDescription: String { "\(OptimizerConfiguration(rule))" }
  }

  // The weight starts at 1; the gradients are 0.5 and −0.25, and the rate is 0.1.
  static let table = [
    // 1 − 0.1·0.5; 0.95 + 0.1·0.25
    Row(rule: SGD(), first: 0.95, second: 0.975),
    // d = 0.5 + 0.1·1 = 0.6; d = −0.25 + 0.1·0.94 = −0.156
    Row(rule: SGD(weightDecay: 0.1), first: 0.94, second: 0.9556),
    // v = 0.5; v = 0.45 − 0.25 = 0.2
    Row(rule: SGD(momentum: 0.9), first: 0.95, second: 0.93),
    // 0.5 + 0.9·0.5 = 0.95; v = 0.2: −0.25 + 0.9·0.2 = −0.07
    Row(rule: SGD(momentum: 0.9, isNesterov: true), first: 0.905, second: 0.912),
    // s = 0.25, 0.1·0.5/0.5 = 0.1; s = 0.3125, 0.1·0.25/0.5590170 = 0.0447214
    Row(rule: Adagrad(), first: 0.9, second: 0.9447214),
    // s = 1 + 0.25, 0.05/1.1180340 = 0.0447214; s = 1.3125, 0.025/1.1456439 = 0.0218218
    Row(rule: Adagrad(initialSum: 1), first: 0.9552786, second: 0.9771004),
    // s = 0.1·0.25, 0.05/0.1581139 = 0.3162278; s = 0.0225 + 0.00625 = 0.02875, 0.025/0.1695582 = 0.1474420
    Row(rule: RMSProp(decay: 0.9), first: 0.6837722, second: 0.8312142),
    // see AdamTests
    Row(rule: Adam(), first: 0.9, second: 0.87336614),
    // Decay first: 0.99 − 0.1 = 0.89; 0.8811 − 0.02663386
    Row(rule: Adam(weightDecay: 0.1), first: 0.89, second: 0.85446614),
    // Without a first moment: 0.99 − 0.1·0.5/0.5; v̂ = 0.09375/0.75 = 1/8: 0.8811 + 0.1·0.25/0.3535534
    Row(rule: Adam(beta1: 0, beta2: 0.5, weightDecay: 0.1), first: 0.89, second: 0.9518107),
    // v would fall from 0.5·0.25 = 0.125 to 0.0625 + 0.03125 = 0.09375, but AMSGrad keeps 0.125. Second step, β₁ = 0:
    // m̂ = −0.25, v̂ = 0.125/(1 − 0.25) = 1/6: 0.9 + 0.1·0.25/0.4082483 = 0.9612372
    Row(rule: Adam(beta1: 0, beta2: 0.5, isAMSGrad: true), first: 0.9, second: 0.9612372),
    Row(rule: AveragedSGD(averaging: .fromStart), first: 0.95, second: 0.975),
  ]

  @Test("Two steps match the values computed by hand", arguments: table)
  func twoSteps(row: Row) {
    var layer = Embedding(weight: Variable(Tensor(shape: [1, 1], [1])))
    var optimizer = Optimizer(OptimizerConfiguration(row.rule))
    for (gradient, expected) in [(0.5, row.first), (-0.25, row.second)] as [(Float, Float)] {
      optimizer.update(&layer, gradients: [.dense(Tensor(shape: [1, 1], [gradient]))], rate: 0.1)
      #expect(abs(layer.weight.value.scalar - expected) < 3e-7)
    }
  }

  @Test("Adam stores no first moment if β₁ is 0")
  func slotsWithoutFirstMoment() {
    #expect(Adam().slotNames == ["first", "second"])
    #expect(Adam(beta1: 0).slotNames == ["second"])
    #expect(Adam(beta1: 0, isAMSGrad: true, averaging: .fromStart).slotNames.count == 3)
  }

  /// The elements of a table after one step per gradient, each scaled as by clipping.
  private func trained(_ rule: any OptimizerRule, _ gradients: [Gradient]) -> [Float] {
    var random = RandomSource(seed: 4)
    var layer = Embedding(weight: Variable(.random([5, 3], using: &random)))
    var optimizer = Optimizer(OptimizerConfiguration(rule))
    for gradient in gradients { optimizer.update(&layer, gradients: [gradient], rate: 0.1, scale: 0.5) }
    return layer.weight.value.elements
  }

  @Test(
    "Sparse rows and their dense matrix give the same bits",
    arguments: GoldenOptimizersTests.optimizers.map(\.name))
  func rowsAndDense(name: String) throws {
    let rule = try #require(GoldenOptimizersTests.optimizers.first { $0.name == name }).rule
    let rows = ([[1, 4], [0], [], [0, 1, 2, 3, 4]] as [[Int32]]).map { rows in
      SparseRows(
        shape: [5, 3], rows: rows,
        values: Tensor(shape: [rows.count, 3], rows.flatMap { [1, Float($0), 2] }))
    }
    let sparse = trained(rule, rows.map { .rows($0) })
    #expect(sparse.bits == trained(rule, rows.map { .dense($0.dense) }).bits)
    #expect(sparse != trained(rule, []))
  }

  @Test("Averaging starts once a loss exceeds the lowest loss from more than n epochs earlier, and not before")
  func trigger() {
    var layer = Embedding(weight: Variable(Tensor(shape: [1, 1], [0])))
    var optimizer = Optimizer(OptimizerConfiguration(AveragedSGD(averaging: .afterPatience(2))))
    let step = [Gradient.dense(Tensor(shape: [1, 1], [-1]))]
    // 4 is above 3, but only two epochs later; then 3.5 is above 3, three epochs later.
    let losses = [3.0, 4, 4, 3.5]
    for epoch in 1...4 {
      optimizer.update(&layer, gradients: step, rate: 1)
      optimizer.endEpoch(validationLosses: Array(losses[..<epoch]))
      #expect(optimizer.evaluated(layer).weight.value.scalar == Float(epoch), "epoch \(epoch)")
    }
    // Weights 5, 6, 7, 8; as in PyTorch, the mean excludes the first one.
    for (weight, average) in [(5, 5), (6, 6), (7, 6.5), (8, 7)] as [(Float, Float)] {
      optimizer.update(&layer, gradients: step, rate: 1)
      #expect(layer.weight.value.scalar == weight)
      #expect(abs(optimizer.evaluated(layer).weight.value.scalar - average) < 1e-6)
    }
  }

  @Test(
    "Averaging does not change other rules' steps; evaluation uses the mean of the weights since it started",
    arguments: [
      (Adam(), Adam(averaging: .afterPatience(0)), 2), (Adam(), Adam(averaging: .fromStart), 0),
      (Adam(isAMSGrad: true), Adam(isAMSGrad: true, averaging: .afterPatience(0)), 2),
      (RMSProp(), RMSProp(averaging: .afterPatience(0)), 2), (RMSProp(), RMSProp(averaging: .fromStart), 0),
    ] as [(any OptimizerRule, any OptimizerRule, Int)])
  func averages(plain: any OptimizerRule, averaging: any OptimizerRule, first: Int) {
    var layers = (0..<2).map { _ in Embedding(weight: Variable(Tensor(shape: [1, 2], [0, 3]))) }
    var optimizers = [plain, averaging].map { Optimizer(OptimizerConfiguration($0)) }
    var weights: [Tensor] = []
    for (step, gradient) in ([[1, -2], [-3, 1], [0.5, 0.25], [2, -1], [1, 1]] as [[Float]]).enumerated() {
      for index in layers.indices {
        optimizers[index].update(&layers[index], gradients: [.dense(Tensor(shape: [1, 2], gradient))], rate: 0.1)
      }
      weights.append(layers[0].weight.value)
      #expect(layers[1].weight.value == weights[step])
      let averaged = weights.dropFirst(first)
      // As in PyTorch, the mean excludes the first one.
      let counted = averaged.count > 1 ? averaged.dropFirst() : averaged
      let mean = counted.reduce(Tensor.zeros([1, 2])) { $0 + $1 } * Tensor(1 / Float(max(counted.count, 1)))
      let expected = counted.isEmpty ? weights[step] : mean
      let found = optimizers[1].evaluated(layers[1]).weight.value
      #expect(zip(found.elements, expected.elements).allSatisfy { abs($0 - $1) < 1e-6 }, "after step \(step + 1)")
      // The second loss is above the first one.
      for index in optimizers.indices { optimizers[index].endEpoch(validationLosses: Array([1, 2, 2, 2, 2][...step])) }
    }
  }

  @Test("Gradient elements are clamped first, and then the norm is clipped")
  func clips() {
    let rows = SparseRows(shape: [2, 1], rows: [1], values: Tensor(shape: [1, 1], [-9]))
    #expect(Gradient.rows(rows).clamped(to: 4).dense.elements == [0, -4])
    var layer = Embedding(weight: Variable(Tensor(shape: [1, 2], [0, 0])))
    func step(_ clip: GradientClip) -> (norm: Double, kept: Int) {
      var optimizer = Optimizer(.sgd)
      layer = Embedding(weight: Variable(Tensor(shape: [1, 2], [0, 0])))
      return optimizer.step(&layer, rate: 1, clip: clip) { layer in
        ((layer.weight * Variable(Tensor([-3, -40]))).sum(), 7)
      }
    }
    #expect(abs(step(GradientClip()).norm - 1609.0.squareRoot()) < 1e-4 && layer.weight.value.elements == [3, 40])
    #expect(abs(step(GradientClip(value: 4)).norm - 1609.0.squareRoot()) < 1e-4)
    #expect(layer.weight.value.elements == [3, 4])
    #expect(step(GradientClip(value: 4, norm: 2.5)).kept == 7 && layer.weight.value.elements == [1.5, 2])
  }

  @Test("A step of several passes uses the mean of their gradients, including sparse ones")
  func severalPasses() {
    var layer = Embedding(weight: Variable(Tensor(shape: [3, 1], [0, 0, 0])))
    var (optimizer, pass) = (Optimizer(.sgd), 0)
    let result = optimizer.step(&layer, rate: 1, clip: GradientClip(norm: 100), passCount: 3) { layer in
      pass += 1
      return (-Float(3 * pass) * layer([Int32(min(pass, 2) - 1)]).sum(), pass)
    }
    // The gradients are 3, then 6 and 9; a third of each counts.
    #expect(layer.weight.value.elements == [1, 5, 0] && result.kept == 3)
    #expect(abs(result.norm - 26.0.squareRoot()) < 1e-6)
  }

  @Test("A configuration is encoded as JSON with the rule's name and constants")
  func codable() throws {
    for (_, rule) in GoldenOptimizersTests.optimizers {
      let configuration = OptimizerConfiguration(rule)
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(OptimizerConfiguration.self, from: data) == configuration)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = #"{"constants":{"isNesterov":false,"momentum":0.5,"weightDecay":0},"name":"sgd"}"#
    #expect(String(decoding: try encoder.encode(OptimizerConfiguration(SGD(momentum: 0.5))), as: UTF8.self) == json)
    #expect("\(OptimizerConfiguration(SGD(momentum: 0.5)))" == "sgd, momentum 0.5")
    #expect("\(OptimizerConfiguration(AveragedSGD(averaging: .afterPatience(3))))" == "asgd, averaging 3")
    #expect("\(OptimizerConfiguration(Adam(averaging: .fromStart)))" == "adam, averaging start")
    #expect(OptimizerConfiguration(SGD(momentum: 0.5)) != .sgd && OptimizerConfiguration(SGD()) == .sgd)
  }

  @Test("Constants are read and set by name")
  func constants() throws {
    let changed = try OptimizerConfiguration.sgd.setting("momentum", to: Float(0.9)).setting("isNesterov", to: true)
    #expect(changed == OptimizerConfiguration(SGD(momentum: 0.9, isNesterov: true)))
    #expect(changed.constant("momentum") == "0.9" && changed.constant("isNesterov") == "true")
    #expect(changed.constant("beta1") == nil)
    #expect(
      try OptimizerConfiguration(AveragedSGD(averaging: .fromStart)).setting("averaging", to: 3)
        == OptimizerConfiguration(AveragedSGD(averaging: .afterPatience(3))))
    #expect(OptimizerConfiguration(AveragedSGD(averaging: .fromStart)).constant("averaging") == "start")
    #expect(OptimizerConfiguration.adam.constant("averaging") == "none")
    #expect(
      try OptimizerConfiguration.adam.setting("averaging", to: "start")
        == OptimizerConfiguration(Adam(averaging: .fromStart)))
    #expect(throws: DecodingError.self) { try OptimizerConfiguration.asgd.setting("weightDecay", to: nil) }
  }

  @Test("The standard rules are found by name, and an unknown name is refused with a list of the known ones")
  func names() throws {
    #expect(OptimizerRules.standard.names == ["sgd", "adagrad", "rmsprop", "adam", "asgd"])
    for name in OptimizerRules.standard.names { #expect(OptimizerRules.standard[name]?.name == name) }
    #expect(OptimizerRules.standard["speed"] == nil)
    let json = Data(#"{"constants":{},"name":"speed"}"#.utf8)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(OptimizerConfiguration.self, from: json)
    }
    guard case .dataCorrupted(let context)? = error else { throw try #require(error) }
    #expect(context.debugDescription == "the optimizer 'speed' is not among sgd, adagrad, rmsprop, adam, asgd")
  }

  @Test(
    "Invalid constants are refused",
    arguments: [
      #""sgd""#, #"{"name":"sgd","constants":{"momentum":1.5,"isNesterov":false,"weightDecay":0}}"#,
      #"{"name":"sgd"}"#, #"{"name":"sgd","constants":{}}"#,
      #"{"name":"rmsprop","constants":{"decay":0.9,"epsilon":0,"weightDecay":0}}"#,
      #"{"name":"adam","constants":{"beta1":0.9,"beta2":2,"epsilon":1,"weightDecay":0,"isAMSGrad":false}}"#,
      #"{"name":"asgd","constants":{"averaging":-1,"weightDecay":0}}"#,
      #"{"name":"asgd","constants":{"averaging":"soon","weightDecay":0}}"#,
      #"{"name":"adagrad","constants":{"epsilon":1,"initialSum":-1,"weightDecay":0}}"#,
    ])
  func refused(json: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(OptimizerConfiguration.self, from: Data(json.utf8))
    }
  }

  @Test("Weights and slots are updated in place, not copied", arguments: table)
  func inPlace(row: Row) {
    var random = RandomSource(seed: 1)
    var module = FeedForward(sizes: [3, 4, 2], initializer: .uniform(0.1), using: &random)
    var optimizer = Optimizer(OptimizerConfiguration(row.rule))
    let gradients = module.parameters.map { Gradient.dense(.zeros($0.value.shape)) }
    func addresses() -> [[UInt]] {
      let slots = row.rule.slotNames.map { optimizer.memory.slots[$0] ?? [] }
      return ([module.parameters.map { $0.value }] + slots).map { tensors in
        tensors.map { unsafe $0.withUnsafeElements { UInt(bitPattern: $0.baseAddress) } }
      }
    }
    optimizer.update(&module, gradients: gradients, rate: 0.1)
    let before = addresses()
    optimizer.update(&module, gradients: gradients, rate: 0.1)
    #expect(addresses() == before)
  }
}
