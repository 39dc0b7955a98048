import MynahIO
import MynahText
import Testing

struct MersenneTwisterTests {
  @Test("The first outputs for seed 42 equal NumPy's")
  func firstOutputs() {
    var random = MersenneTwister(seed: 42)
    #expect(
      (0..<5).map { _ in random.next() } == [1_608_637_542, 3_421_126_067, 4_083_286_876, 787_846_414, 3_143_890_026])
  }

  @Test("The 10,000th output for seed 5489 is the value in the C++ standard")
  func standardOutput() {
    var random = MersenneTwister(seed: 5489)
    for _ in 0..<9999 { _ = random.next() }
    #expect(random.next() == 4_123_659_995)
  }

  @Test("Shuffling 57,340 elements with seed 42 gives NumPy's order")
  func permutation() {
    var random = MersenneTwister(seed: 42)
    var order = (0..<57_340).map { Int32($0) }
    random.shuffle(&order)
    #expect(order.prefix(10) == [34194, 3394, 44447, 13098, 8819, 21208, 36666, 18215, 42844, 29688])
    #expect(order.suffix(5) == [54343, 38158, 860, 15795, 56422])
    #expect(SHA256.hexadecimal(of: order) == "171b9aaa975ee107412d44a2cad550fe9c7f0f53c53a34f567e952561c76b243")
    var other = MersenneTwister(seed: 42)
    for _ in 0..<81_498 { _ = other.next() }
    #expect(random == other)
  }

  @Test("Shuffling zero elements or one element draws no random numbers", arguments: [0, 1])
  func small(_ count: Int) {
    var random = MersenneTwister(seed: 7)
    var elements = Array(repeating: "a", count: count)
    random.shuffle(&elements)
    #expect(elements.count == count)
    #expect(random == MersenneTwister(seed: 7))
  }

  @Test(
    "Bounded random numbers stay within their bounds and reach both",
    arguments: [0, 1, 2, 3, 4, 255, 256, .max] as [UInt32])
  func bounds(_ last: UInt32) {
    var random = MersenneTwister(seed: 0)
    let numbers = (0..<4000).map { _ in random.next(through: last) }
    #expect(numbers.allSatisfy { $0 <= last })
    if last < 300 { #expect(Set(numbers).count == Int(last) + 1) }
  }
}
