import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// Adam against PyTorch in double precision (`Scripts/golden-adam.py`).
struct GoldenAdamTests {
  struct Pair: Module {
    var table: Variable, vector: Variable
    mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
      try body(prefix + "table", &table)
      try body(prefix + "vector", &vector)
    }
  }

  @Test("A hundred steps with rows and vectors are PyTorch's with dense gradients, each within 1e-6")
  func hundredSteps() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden-adam", withExtension: "safetensors"))
    let file = try SafetensorsFile(contentsOf: url.path)
    let tensor = { (name: String) in try file.tensor(named: name) }
    let rate = try tensor("learningRate").scalar
    let rows = try file.elements(named: "rows", as: Int32.self)
    let (tableGradients, vectorGradients) = try (tensor("gradients.table"), tensor("gradients.vector"))
    let (tables, vectors) = try (tensor("steps.table"), tensor("steps.vector"))
    var pair = try Pair(table: Variable(tensor("table")), vector: Variable(tensor("vector")))
    var optimizer = Optimizer(.adam)
    for step in 0..<100 {
      let table = SparseRows(
        shape: [5, 3], rows: Array(rows[2 * step..<2 * step + 2]), values: tableGradients.gathered(step))
      let gradients = [Gradient.rows(table), .dense(vectorGradients.gathered(step))]
      optimizer.update(&pair, gradients: gradients, rate: rate)
      for (found, expected) in [(pair.table.value, tables), (pair.vector.value, vectors)] {
        let difference = largestRelativeDifference(found.elements, expected.gathered(step).elements, floor: 1)
        #expect(difference < 1e-6, "step \(step)")
      }
    }
  }
}
