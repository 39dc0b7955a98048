import MynahInference
import MynahTensors
import Testing

struct CopyReportTests {
  /// For each token of a text, the length of the longest n-gram that ends with it and occurs in another text.
  private func textbook(_ text: [Int32], _ other: [Int32]) -> [Int] {
    text.indices.map { end in
      (0...end + 1).last { length in
        let stretch = text[(end + 1 - length)...end]
        return length == 0 || other.indices.contains { other[$0...].starts(with: stretch) }
      } ?? 0
    }
  }

  private func report(_ texts: [[Int32]], _ other: [Int32]) -> CopyReport {
    var report = CopyReport(of: texts)
    for id in other { report.read([id]) }
    return report
  }

  @Test("Shares and the longest copy equal those of an exhaustive search", arguments: 0..<40 as Range<UInt64>)
  func everywhere(seed: UInt64) {
    var random = RandomSource(seed: seed)
    func draw(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(random.next() % (2 + seed % 3)) } }
    let (texts, other) = ([draw(Int(seed % 9)), draw(14), draw(1)], draw(30))
    let expected = texts.map { textbook($0, other) }
    let report = report(texts, other)
    let shares = report.shares(of: 1...6)
    #expect(shares.map(\.length) == Array(1...6))
    for share in shares {
      let ends = expected.flatMap { $0.dropFirst(share.length - 1) }
      #expect(share.count == ends.count)
      #expect(share.copiedCount == ends.count { $0 >= share.length })
    }
    #expect(report.longest?.range.count == expected.joined().max())
  }

  @Test("A text that is copied in full is the longest copy")
  func byHeart() {
    let report = report([[9, 9], [1, 2, 3, 4]], [5, 1, 2, 3, 4, 6])
    #expect(report.longest?.text == 1 && report.longest?.range == 0..<4)
    #expect(report.shares(of: [4]).map(\.copiedCount) == [1])
  }

  @Test("There are no copies if the texts or the training text are empty")
  func empty() {
    #expect(report([[1, 2]], []).longest == nil)
    #expect(report([[1, 2]], []).shares(of: [1])[0].copiedCount == 0)
    #expect(report([], [1, 2]).longest == nil)
  }
}
