import ArgumentParser
import MynahCommands
import Testing

@Suite("The parts of mynah search: ranges, settings and rungs")
struct SearchTests {
  private func space(_ words: String) throws -> SearchSpace {
    try SearchSpace(
      words.split(separator: " ").map(String.init), searchable: ["--hidden", "--dropout", "--cell", "--learning-rate"])
  }

  // MARK: Ranges

  @Test("A value is parsed as a range of integers, a range of numbers, alternatives or none of these")
  func ranges() throws {
    #expect(try SettingRange("8..64") == .whole(8...64))
    #expect(try SettingRange("-3..0") == .whole(-3...0))
    #expect(try SettingRange("0.1..0.5") == .numbers(0.1...0.5))
    #expect(try SettingRange("1..2.0") == .numbers(1...2))
    #expect(try SettingRange("1e-4..1e-2") == .numbers(0.0001...0.01))
    #expect(try SettingRange("64,32|128") == .choice(["64,32", "128"]))
    for value in ["", "0.5", "64,32", "lstm:8", "."] { #expect(try SettingRange(value) == nil, "\(value)") }
  }

  @Test(
    "A malformed range is an error",
    arguments: [
      "5..5", "6..5", "1..", "..5", "1..2..3", "a..b", "../b", "1..nan", "1..inf", "a|", "|", "a||b", "a|a", "1|2..3",
    ])
  func malformedRanges(value: String) {
    #expect(throws: ValidationError.self) { try SettingRange(value) }
  }

  @Test("A positive range whose upper end is at least ten times its lower end is logarithmic")
  func logarithms() throws {
    for value in ["0.001..0.01", "0.07..0.7", "1..10", "8..500", "0.1..1"] {
      #expect(try SettingRange(value)?.isLogarithmic == true, "\(value)")
    }
    for value in ["0.001..0.0099", "0..10", "-1..100", "8..64", "a|b"] {
      #expect(try SettingRange(value)?.isLogarithmic == false, "\(value)")
    }
    #expect(try SettingRange("0.01..1")?.value(at: 0.5) == "0.1")
    #expect(try SettingRange("0.2..0.6")?.value(at: 0.5) == "0.4")
  }

  @Test("All integers in a range, including its ends, are equally likely, and so are all alternatives")
  func shares() throws {
    let range = try #require(try SettingRange("3..6"))
    #expect((0..<8).map { range.value(at: Double($0) / 8) } == ["3", "3", "4", "4", "5", "5", "6", "6"])
    let alternatives = try #require(try SettingRange("lstm|gru"))
    #expect([0, 0.49, 0.5, 0.999].map { alternatives.value(at: $0) } == ["lstm", "lstm", "gru", "gru"])
  }

  @Test("Values are rounded to four significant digits but stay within the range")
  func ends() throws {
    for (text, lower, upper) in [
      ("0.12344..0.54321", "0.12344", "0.5432"), ("0.1..0.50001", "0.1", "0.5"), ("1..1000", "1", "1000"),
      ("0.019996..0.2", "0.02", "0.2"), ("3..4", "3", "4"),
    ] {
      let range = try #require(try SettingRange(text))
      #expect(range.value(at: 0) == lower && range.value(at: 1 - 0x1p-53) == upper, "\(text)")
    }
    #expect(try SettingRange("0.1..0.9")?.value(at: 0.123456) == "0.1988")
  }

  // MARK: Settings

  @Test("Ranges are found in both forms of a flag and replaced in a run's arguments")
  func words() throws {
    let space = try space("notes --dropout 0.1..0.5 --tied --cell=lstm|gru --validation ../a..b --batch 8")
    #expect(space.dimensions.map(\.flag) == ["--dropout", "--cell"])
    #expect(
      space.words(with: ["0.2", "gru"]).joined(separator: " ")
        == "notes --dropout 0.2 --tied --cell=gru --validation ../a..b --batch 8")
    #expect(space.samples == [["0.1", "lstm"], ["0.5", "gru"]])
    #expect(try self.space("--dropout 0.1|0.2|0.3 --hidden 1..9").samples.map { $0[1] } == ["1", "9", "9"])
    // An input path is not a flag's value.
    #expect(try self.space("a..b --tied c..d e..f").dimensions.isEmpty)
  }

  @Test("The error about a malformed or repeated range names its flag")
  func malformedWords() {
    for (words, sentence) in [
      ("--dropout 0.5..0.1", "--dropout '0.5..0.1' is not a range: expected two numbers"),
      ("--dropout=1..x", "--dropout '1..x' is not a range"), ("--cell lstm|", "--cell 'lstm|' is not a range"),
      ("--hidden 1..2 --hidden 3..4", "--hidden has two ranges"),
    ] {
      let error = #expect(throws: ValidationError.self) { try space(words) }
      #expect(error?.message.hasPrefix(sentence) == true, "\(words): \(error?.message ?? "")")
    }
  }

  @Test("Settings are distinct and determined by seed and ranges, and the first ones do not depend on the count")
  func settings() throws {
    let space = try space("--learning-rate 0.001..1 --hidden 8..64 --cell lstm|gru")
    let ten = space.settings(count: 10, seed: 1)
    #expect(Set(ten).count == 10 && ten == space.settings(count: 10, seed: 1))
    #expect(Array(ten.prefix(4)) == space.settings(count: 4, seed: 1))
    #expect(ten != space.settings(count: 10, seed: 2))
    for values in space.settings(count: 200, seed: 3) {
      let (rate, hidden) = (Double(values[0]) ?? 0, Int(values[1]) ?? 0)
      #expect((0.001...1).contains(rate) && (8...64).contains(hidden) && ["lstm", "gru"].contains(values[2]))
    }
    // Each of the three decades gets a third of the values.
    let small = space.settings(count: 300, seed: 4).count { Double($0[0]) ?? 1 < 0.01 }
    #expect((70...130).contains(small), "\(small)")
  }

  @Test("If the ranges allow fewer settings than requested, each is used once")
  func fewSettings() throws {
    let settings = try space("--cell lstm|gru --hidden 1..3").settings(count: 9, seed: 1)
    #expect(settings.count == 6 && Set(settings).count == 6)
  }

  // MARK: Rungs

  @Test("One in η runs is promoted to the next rung, which trains η times as many epochs, up to the maximum")
  func rungs() {
    func rungs(_ runCount: Int, _ epochs: Int, _ factor: Int = 3) -> [[Int]] {
      SuccessiveHalving(runCount: runCount, epochs: epochs, factor: factor).rungs.map { [$0.runCount, $0.epochs] }
    }
    #expect(rungs(1, 9) == [[1, 9]])
    #expect(rungs(2, 9) == [[2, 3], [1, 9]])
    #expect(rungs(9, 9) == [[9, 1], [3, 3], [1, 9]])
    #expect(rungs(10, 9) == [[10, 1], [3, 3], [1, 9]])
    #expect(rungs(9, 90) == [[9, 10], [3, 30], [1, 90]])
    #expect(rungs(9, 8) == [[9, 1], [3, 2], [1, 8]])
    // There are too few epochs for all rungs.
    #expect(rungs(27, 9) == [[27, 1], [9, 3], [3, 9]])
    #expect(rungs(9, 2) == [[9, 1], [3, 2]])
    #expect(rungs(9, 1) == [[9, 1]])
    #expect(rungs(8, 8, 2) == [[8, 1], [4, 2], [2, 4], [1, 8]])
    #expect(rungs(3, 5, 100) == [[3, 1], [1, 5]])
  }

  /// Runs a search with the given losses, and returns the order of its runs and their results.
  private func order(
    _ halving: SuccessiveHalving, loss: (_ run: Int, _ rung: Int) -> Double?
  ) -> (order: [[Int]], results: [SuccessiveHalving.Result]) {
    var (order, results) = ([[Int]](), [SuccessiveHalving.Result]())
    while let (run, rung) = halving.next(after: results), results.count < 100 {
      order.append([run, rung])
      results.append(.init(run: run, rung: rung, epochs: 1, loss: loss(run, rung)))
    }
    return (order, results)
  }

  @Test("The runs with the lowest losses are promoted, and earlier runs win ties")
  func best() {
    let halving = SuccessiveHalving(runCount: 6, epochs: 4, factor: 2)
    let losses = [5.0, 3, 4, 3, 9, 2]
    let (order, results) = order(halving) { run, rung in rung == 1 ? losses[run - 1] : run == 6 ? 1.5 : 1 }
    #expect(order == [[1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [6, 1], [6, 2], [2, 2], [4, 2], [2, 3]])
    #expect(SuccessiveHalving.ranking(of: results).map(\.run) == [2, 4, 6, 3, 1, 5])
  }

  @Test("A run that diverges is dropped, and the next best takes its place")
  func diverged() {
    let halving = SuccessiveHalving(runCount: 4, epochs: 4, factor: 2)
    let (order, results) = order(halving) { run, rung in
      run == 1 || run == 2 && rung == 3 ? nil : Double(run)
    }
    #expect(order == [[1, 1], [2, 1], [3, 1], [4, 1], [2, 2], [3, 2], [2, 3], [4, 2], [3, 3]])
    #expect(SuccessiveHalving.ranking(of: results).map(\.run) == [3, 4, 2, 1])
    let none = self.order(halving) { _, _ in nil }
    #expect(none.order == [[1, 1], [2, 1], [3, 1], [4, 1]])
    #expect(SuccessiveHalving.ranking(of: none.results).allSatisfy { $0.loss == nil })
  }

  @Test("A shell word is quoted if necessary")
  func shellWords() {
    for (word, expected) in [
      ("a-B_0.9,/:=+@%", "a-B_0.9,/:=+@%"), ("", "''"), ("my notes.txt", "'my notes.txt'"), ("it's", "'it'\\''s'"),
      ("a|b", "'a|b'"), ("ä", "'ä'"), ("~", "'~'"),
    ] { #expect(word.shellWord == expected) }
  }
}
