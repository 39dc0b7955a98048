import Foundation
import MynahModels
import TestSupport
import Testing

@Suite("mynah train with other kinds of models")
struct ModelKindCommandTests {
  static let small = ["--epochs", "1", "--batch", "8", "--sequence-length", "8", "--embedding", "8"]

  @Test(
    "Each kind of model can be trained, resumed, evaluated, sampled and inspected",
    arguments: [
      (["--cell", "rnn", "--hidden", "12"], [LayerConfiguration.rnn(12)], "RNN"),
      (
        ["--cell", "relu", "--hidden", "6", "--initializer", "orthogonal"], [.rnn(6, activation: .relu)], "RNN, relu"
      ),
      (["--cell", "gru", "--hidden", "12,8", "--tied"], [.gru(12), .gru(8)], "GRU"),
      (["--cell", "gru", "--hidden", "8,8", "--skip-connections"], [.gru(8), .gru(8)], "GRU"),
      (["--cell", "gru-reset-before", "--hidden", "8"], [.gru(8, reset: .before)], "GRU, reset before"),
      (
        ["--cell", "peephole", "--hidden", "8", "--forget-bias", "1", "--residual"], [.peepholeLSTM(8, forgetBias: 1)],
        "peephole LSTM"
      ),
      (["--cell", "coupled", "--hidden", "8", "--dropout-weights", "0.2"], [.coupledLSTM(8)], "coupled LSTM"),
      (["--cell", "capped", "--hidden", "8", "--forget-bias", "1"], [.cappedLSTM(8, forgetBias: 1)], "capped LSTM"),
      (
        ["--cell", "mogrifier", "--hidden", "8", "--rounds", "3", "--rank", "2", "--cap-input-gate"],
        [.mogrifierLSTM(8, rounds: 3, rank: 2, capsInputGate: true)], "mogrifier LSTM"
      ),
      (["--cell", "mogrifier", "--hidden", "8,6"], [.mogrifierLSTM(8), .mogrifierLSTM(6)], "mogrifier LSTM"),
      (
        ["--projection", "8", "--hidden", "12,12", "--tied"],
        [.projectedLSTM(12, to: 8), .projectedLSTM(12, to: 8)], "projected LSTM"
      ),
      (
        ["--cell", "qrnn", "--hidden", "12,8", "--window", "2,1", "--dropout-weights", "0.2", "--tied"],
        [.qrnn(12, window: 2), .qrnn(8)], "QRNN"
      ),
      (["--window", "2", "--hidden", "6,6"], [.qrnn(6, window: 2), .qrnn(6, window: 2)], "QRNN"),
      (
        ["--layers", "lstm:6,qrnn:6,qrnn:8", "--window", "2,1"], [.lstm(6), .qrnn(6, window: 2), .qrnn(8)], "QRNN"
      ),
      (
        ["--tied", "--forget-bias", "1", "--variational-dropout", "--dropout", "0.2", "--dropout-embedding", "0.1"],
        [.lstm(8, forgetBias: 1)], "LSTM"
      ),
    ])
  func kinds(flags: [String], layers: [LayerConfiguration], name: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 1500), to: "text.txt")
    let arguments = ["train", "text.txt", "--output", "m"] + Self.small + flags
    let trained = try tool.run(arguments)
    #expect(trained.status == 0 && trained.errors.contains(name), "\(trained.errors)")
    let configuration = try ModelFile(contentsOf: tool.path("m")).model.configuration
    #expect(configuration.layers == layers && configuration.isTied == flags.contains("--tied"))
    let connections: LayerConnections =
      flags.contains("--residual") ? .residual : flags.contains("--skip-connections") ? .skip : .sequential
    #expect(configuration.connections == connections)
    #expect(configuration.dropout.isVariational == flags.contains("--variational-dropout"))

    // Resuming for one more epoch gives the same model as a run of two epochs, byte for byte.
    let resumed = try tool.run("train", "text.txt", "--output", "m", "--resume", "--epochs", "2", "--decay-after", "1")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let whole = try tool.run(
      ["train", "text.txt", "--output", "whole"] + Self.small + flags + ["--epochs", "2", "--decay-after", "1"])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try tool.bytes("m") == tool.bytes("whole"))

    #expect(try tool.run("evaluate", "m", "text.txt").status == 0)
    #expect(try tool.run("generate", "m", "--length", "5", "--seed", "1").status == 0)
    let inspected = try tool.run("inspect", "m")
    #expect(inspected.output.contains("(\(name))"), "\(inspected.output)")
  }

  @Test("A run cannot be resumed with a different kind of model")
  func otherKind() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 1500), to: "text.txt")
    #expect(
      try tool.run(["train", "text.txt", "--output", "m", "--cell", "gru", "--hidden", "8"] + Self.small).status == 0)
    let outcome = try tool.run("train", "text.txt", "--output", "m", "--resume", "--cell", "rnn")
    #expect(outcome.status != 0 && outcome.lastLine.contains("--cell is rnn and was gru"), "\(outcome.errors)")
  }
}
