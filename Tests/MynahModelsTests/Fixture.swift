import Foundation
import MynahModels
import MynahTensors
import TestSupport
import Testing

extension SafetensorsFile {
  /// A file of the fixtures.
  static func fixture(_ name: String) throws -> SafetensorsFile {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "safetensors"))
    return try SafetensorsFile(contentsOf: url.path)
  }

  func variable(_ name: String) throws -> Variable { Variable(try tensor(named: name)) }
}

/// The largest difference, relative to the largest number that is expected.
func difference(_ found: Tensor, _ expected: Tensor) -> Double {
  found.shape == expected.shape ? differenceToScale(found.elements, expected.elements) : .infinity
}
