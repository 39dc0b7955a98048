import Foundation
import MynahModels
import MynahTensors
import TestSupport
import Testing

extension SafetensorsFile {
  /// Returns a file of the fixtures.
  static func fixture(_ name: String) throws -> SafetensorsFile {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "safetensors"))
    return try SafetensorsFile(contentsOf: url.path)
  }

  func variable(_ name: String) throws -> Variable { Variable(try tensor(named: name)) }
}

/// The largest difference, relative to the largest expected element.
func difference(_ found: Tensor, _ expected: Tensor) -> Double {
  found.shape == expected.shape ? differenceToScale(found.elements, expected.elements) : .infinity
}

/// The largest difference between the parts of two states.
func difference(_ found: LayerState, _ expected: LayerState) -> Double {
  guard found.names == expected.names else { return .infinity }
  return zip(found.parts, expected.parts).map { difference($0.value, $1.value) }.max() ?? 0
}
