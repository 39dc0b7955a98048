import Foundation
import MynahIO
import MynahTensorBoard
import SwiftProtobuf
import TestSupport
import Testing

struct EventFileTests {
  /// Returns the records of a file after verifying their checksums.
  static func records(_ data: Data) throws -> [Data] {
    func number(_ bytes: Data) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }
    var (rest, records) = (data, [Data]())
    while !rest.isEmpty {
      try #require(rest.count >= 16)
      let length = number(rest.prefix(8))
      #expect(number(rest.dropFirst(8).prefix(4)) == Int(RecordFile.maskedChecksum(rest.prefix(8))))
      let record = Data(rest.dropFirst(12).prefix(length))
      #expect(number(rest.dropFirst(12 + length).prefix(4)) == Int(RecordFile.maskedChecksum(record)))
      records.append(record)
      rest = Data(rest.dropFirst(16 + length))
    }
    return records
  }

  @Test("A record is framed by its length and two checksums", arguments: [0, 1, 300])
  func record(count: Int) throws {
    let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: 7 * $0) })
    let framed = RecordFile.framed(bytes)
    #expect(framed.count == count + 16)
    #expect(try Self.records(framed + framed) == [bytes, bytes])
  }

  /// Returns the events of the only file in the log folder.
  private func events(in folder: TemporaryFolder) throws -> [TBEvent] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/logs")
    let name = try #require(names.first { $0.hasPrefix("events.out.tfevents.") })
    return try Self.records(Data(contentsOf: URL(filePath: folder.path + "/logs/" + name)))
      .map { try TBEvent(serializedBytes: $0) }
  }

  @Test("A file starts with its version and contains the events in the order in which they were written")
  func values() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writer = try EventWriter(directory: folder.path + "/logs")
    try writer.scalar("loss", 2.5, step: 3)
    try writer.histogram("weights", [-1, 0, 1, .nan, .infinity], step: 4)
    try writer.text("sample", "the bird", step: 5)
    try writer.restart(fromStep: 2)
    try writer.flush()
    let events = try events(in: folder)
    #expect(events.count == 5 && events[0].fileVersion == "brain.Event:2")
    #expect(events.allSatisfy { $0.wallTime > 1.6e9 } && events.map(\.step) == [0, 3, 4, 5, 2])
    let values = events.flatMap(\.summary.value)
    #expect(values.map(\.tag) == ["loss", "weights", "sample"])
    #expect(values[0].simpleValue == 2.5)
    let histogram = values[1].histo
    #expect(histogram.num == 3 && histogram.sum == 0 && histogram.sumSquares == 2)
    #expect(histogram.min == -1 && histogram.max == 1)
    #expect(histogram.bucket.count == 30 && histogram.bucketLimit.count == 30)
    #expect(histogram.bucket[0] == 1 && histogram.bucket[15] == 1 && histogram.bucket[29] == 1)
    #expect(values[2].metadata.pluginData.pluginName == "text")
    #expect(values[2].tensor.dtype == .string && values[2].tensor.stringVal == [Data("the bird".utf8)])
    #expect(events[4].sessionLog.status == .start)
  }

  @Test("A histogram of equal values has one bucket, and an empty histogram has none")
  func smallHistograms() {
    let same = TBHistogram([2, 2, 2])
    #expect(same.bucket == [3] && same.bucketLimit == [2] && same.num == 3 && same.sum == 6)
    let empty = TBHistogram([.nan])
    #expect(empty.bucket.isEmpty && empty.num == 0)
  }

  @Test("Hyperparameters are written as an experiment, a session start and a session end")
  func settings() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var writer = try EventWriter(directory: folder.path + "/logs")
    try writer.hyperparameters(["rate": .number(0.5), "cell": .text("lstm")], metrics: ["loss"])
    try writer.endOfSession()
    try writer.flush()
    let values = try events(in: folder).flatMap(\.summary.value)
    #expect(
      values.map(\.tag) == [
        "_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info",
      ])
    let data = try values.map { try TBHParams(serializedBytes: $0.metadata.pluginData.content) }
    #expect(data[0].experiment.hparamInfos.map(\.name) == ["cell", "rate"])
    #expect(data[0].experiment.hparamInfos.map(\.type) == [.string, .float64])
    #expect(data[0].experiment.metricInfos.map(\.name.tag) == ["loss"])
    #expect(data[1].sessionStartInfo.hparams["rate"]?.numberValue == 0.5)
    #expect(data[1].sessionStartInfo.hparams["cell"]?.stringValue == "lstm")
    #expect(data[2].sessionEndInfo.status == .success)
  }

  @Test("The projector's files have one line per token, even for tabs and line ends")
  func projector() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let directory = folder.path + "/logs"
    try EmbeddingProjector.write(
      vectors: [0, 1, 0.5, -1, 2, 3, 4, 5], width: 2, labels: ["the", "\t", "", "a\nb"], name: "embedding",
      to: directory)
    func text(_ name: String) throws -> String { try String(contentsOfFile: directory + "/" + name, encoding: .utf8) }
    #expect(try text("embedding.tsv") == "0.0\t1.0\n0.5\t-1.0\n2.0\t3.0\n4.0\t5.0\n")
    #expect(try text("embedding-labels.tsv") == "the\n\\t\n\\empty\na\\nb\n")
    let configuration = try text("projector_config.pbtxt")
    #expect(configuration.contains("tensor_path: \"embedding.tsv\""))
    #expect(configuration.contains("metadata_path: \"embedding-labels.tsv\""))
  }

  @Test("A folder that cannot be created is an error that names it")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write([1], to: "file")
    let path = folder.path + "/file/logs"
    let error = FileError.cannotWrite(path: path, reason: "the folder cannot be created; name another")
    #expect(throws: error) { try EventWriter(directory: path) }
    #expect(throws: error) {
      try EmbeddingProjector.write(vectors: [], width: 1, labels: [], name: "x", to: path)
    }
  }
}
