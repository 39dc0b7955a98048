#if Server
/// A histogram of durations in the form that Prometheus reads.
struct Histogram {
  /// The upper bounds of the buckets in seconds; the last bucket has none.
  static let bounds: [Double] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

  private var counts = [Int](repeating: 0, count: bounds.count + 1)
  private var sum = 0.0

  mutating func add(_ seconds: Double) {
    counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    sum += seconds
  }

  /// Returns the lines of the buckets, the sum and the count.
  func lines(_ name: String, labels: [(String, String)]) -> String {
    var (text, total) = ("", 0)
    for (index, count) in counts.enumerated() {
      total += count
      let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
      text += PrometheusText.line(name + "_bucket", labels + [("le", bound)], "\(total)")
    }
    return text + PrometheusText.line(name + "_sum", labels, "\(sum)")
      + PrometheusText.line(name + "_count", labels, "\(total)")
  }
}

/// The text format of Prometheus, version 0.0.4.
enum PrometheusText {
  static func line(_ name: String, _ labels: [(String, String)], _ value: String) -> String {
    let pairs = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    return name + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(value)\n"
  }

  static func head(_ name: String, _ type: String, _ help: String) -> String {
    "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
#endif
