import MynahTensors
import Testing

/// Tensors as text; the expected strings are NumPy 2.4.6's output for float32 arrays.
struct TensorPrintingTests {
  private static func counting(_ shape: Shape) -> Tensor {
    Tensor(shape: shape, (0..<shape.elementCount).map { Float($0) })
  }

  @Test("A scalar prints without brackets, and a tensor without elements as empty brackets")
  func edges() {
    #expect("\(Tensor(8))" == "8.0")
    #expect("\(Tensor.zeros([0]))" == "[]" && "\(Tensor.zeros([2, 0]))" == "[]")
    #expect("\(Tensor.zeros([1]))" == "[0.]" && "\(Tensor.zeros([1, 1, 1]))" == "[[[0.]]]")
  }

  @Test(
    "Elements print in one format, with the fewest digits that identify them",
    arguments: [
      ([1, 2, 3], "[1. 2. 3.]"),
      ([1, 2.5, -3.125], "[ 1.     2.5   -3.125]"),
      ([1 / 3, -2 / 3], "[ 0.33333334 -0.6666667 ]"),
      ([0.00012345678, 0.1], "[0.00012346 0.1       ]"),
      ([-0.0, 0], "[-0.  0.]"),
      ([1e-5, 1e-6], "[1.e-05 1.e-06]"),
      ([1e-5, 2.5, -3e10, 0], "[ 1.0e-05  2.5e+00 -3.0e+10  0.0e+00]"),
      ([0.0001, 0.15], "[1.0e-04 1.5e-01]"),
      ([1e8, 1], "[1.e+08 1.e+00]"),
      ([999_999, 123_456.7], "[999999.  123456.7]"), ([1_000_000, 999_999], "[1.00000e+06 9.99999e+05]"),
      ([1, .nan, .infinity, -.infinity], "[  1.  nan  inf -inf]"),
      ([.nan], "[nan]"), ([-.infinity, 1], "[-inf   1.]"),
    ] as [([Float], String)])
  func numbers(_ elements: [Float], _ text: String) { #expect("\(Tensor(elements))" == text) }

  @Test("Matrices print in aligned columns, and a blank line separates the matrices of a tensor")
  func axes() {
    #expect(
      "\(Self.counting([2, 2, 3]))" == """
        [[[ 0.  1.  2.]
          [ 3.  4.  5.]]

         [[ 6.  7.  8.]
          [ 9. 10. 11.]]]
        """)
  }

  @Test("Long rows continue on the next line")
  func longRows() {
    #expect(
      "\(Self.counting([40]))" == """
        [ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.
         18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29. 30. 31. 32. 33. 34. 35.
         36. 37. 38. 39.]
        """)
  }

  @Test("Only tensors of more than 1,000 elements are abridged, to three entries at each end of an axis")
  func ellipses() {
    #expect("\(Self.counting([1001]))" == "[   0.    1.    2. ...  998.  999. 1000.]")
    #expect(!"\(Self.counting([1000]))".contains("..."))
    #expect(
      "\(Self.counting([60, 200]) / 7)" == """
        [[0.0000000e+00 1.4285715e-01 2.8571430e-01 ... 2.8142857e+01
          2.8285715e+01 2.8428572e+01]
         [2.8571428e+01 2.8714285e+01 2.8857143e+01 ... 5.6714287e+01
          5.6857143e+01 5.7000000e+01]
         [5.7142857e+01 5.7285713e+01 5.7428570e+01 ... 8.5285713e+01
          8.5428574e+01 8.5571426e+01]
         ...
         [1.6285714e+03 1.6287142e+03 1.6288572e+03 ... 1.6567142e+03
          1.6568572e+03 1.6570000e+03]
         [1.6571428e+03 1.6572858e+03 1.6574286e+03 ... 1.6852858e+03
          1.6854286e+03 1.6855714e+03]
         [1.6857142e+03 1.6858572e+03 1.6860000e+03 ... 1.7138572e+03
          1.7140000e+03 1.7141428e+03]]
        """)
    #expect(
      "\(Tensor.zeros([8, 2, 100]))".hasSuffix(
        """
         ...

         [[0. 0. 0. ... 0. 0. 0.]
          [0. 0. 0. ... 0. 0. 0.]]

         [[0. 0. 0. ... 0. 0. 0.]
          [0. 0. 0. ... 0. 0. 0.]]

         [[0. 0. 0. ... 0. 0. 0.]
          [0. 0. 0. ... 0. 0. 0.]]]
        """))
  }
}

struct TensorSubscriptTests {
  let x: Tensor = [[1, 2, 3], [4, 5, 6]]

  @Test("Nested array literals create tensors")
  func literals() {
    #expect(x == Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6]))
    #expect(([1, -2.5] as Tensor) == Tensor([1, -2.5]))
    #expect(([] as Tensor) == .zeros([0]) && ([[], []] as Tensor) == .zeros([2, 0]))
    #expect(([[[1]], [[2]]] as Tensor).shape == [2, 1, 1])
    #expect(2 * x == [[2, 4, 6], [8, 10, 12]])
  }

  @Test("An index removes its axis")
  func indices() {
    #expect(x[0] == [1, 2, 3] && x[1, 2].scalar == 6)
    let t: Tensor = [[[1, 2, 3], [4, 5, 6]], [[5, 6, 7], [7, 8, 9]]]
    #expect(t[1, 0] == [5, 6, 7] && t[0, 1, 0] == Tensor(4))
  }

  @Test("A range keeps its axis, for every kind of range in Swift")
  func ranges() {
    #expect(x[0..<1] == [[1, 2, 3]] && x[0..<2, 1] == [2, 5])
    #expect(x[1, 0...1] == [4, 5] && x[0..., ..<2] == [[1, 2], [4, 5]])
    #expect(x[...0, 1...] == [[2, 3]])
    #expect(x[2...] == .zeros([0, 3]) && x[0, ..<0] == [])
  }

  @Test("Indices out of range and lists of different lengths are programming errors")
  func errors() async {
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[2] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[-1] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[0, 1..<4] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[3...] }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[0, 0, 0] }
    await #expect(processExitsWith: .failure) { _ = [[1, 2], [3]] as Tensor }
  }
}
