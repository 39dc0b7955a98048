import Foundation
public import MynahIO
import SwiftProtobuf

extension EventWriter {
  /// The value of a hyperparameter.
  public enum Setting: Hashable, Sendable {
    case number(Double)
    case text(String)
  }

  /// Writes the hyperparameters at the start of a run, and the tags of the scalars by which runs are compared.
  public mutating func hyperparameters(
    _ settings: [String: Setting], metrics: [String]
  ) throws(FileError) {
    let now = Date.now.timeIntervalSince1970
    let experiment = TBExperiment.with { experiment in
      experiment.timeCreatedSecs = now
      experiment.hparamInfos = settings.sorted { $0.key < $1.key }.map { name, setting in
        .with {
          $0.name = name
          $0.type = setting.type
        }
      }
      experiment.metricInfos = metrics.map { tag in .with { $0.name.tag = tag } }
    }
    try write("experiment", .with { $0.experiment = experiment })
    try write(
      "session_start_info",
      .with {
        $0.sessionStartInfo.startTimeSecs = now
        $0.sessionStartInfo.hparams = settings.mapValues(\.value)
      })
  }

  /// Marks the run as completed successfully.
  public mutating func endOfSession() throws(FileError) {
    try write(
      "session_end_info",
      .with {
        $0.sessionEndInfo.status = .success
        $0.sessionEndInfo.endTimeSecs = Date.now.timeIntervalSince1970
      })
  }

  private mutating func write(_ name: String, _ data: TBHParams) throws(FileError) {
    let content: Data
    do {
      content = try data.serializedData()
    } catch {
      throw .writeFailed(path: path, reason: "the settings cannot be encoded")
    }
    try summary("_hparams_/" + name, step: 0) {
      $0.metadata.pluginData.pluginName = "hparams"
      $0.metadata.pluginData.content = content
      // The plugin reads only the metadata, but general summary readers expect a value as well: an empty tensor.
      $0.tensor = .with {
        $0.dtype = .float
        $0.tensorShape.dim = [.with { $0.size = 0 }]
      }
    }
  }
}

extension EventWriter.Setting {
  fileprivate var type: TBExperiment.TypeEnum {
    switch self {
    case .number: .float64
    case .text: .string
    }
  }

  fileprivate var value: Google_Protobuf_Value {
    switch self {
    case .number(let number): Google_Protobuf_Value(numberValue: number)
    case .text(let text): Google_Protobuf_Value(stringValue: text)
    }
  }
}
