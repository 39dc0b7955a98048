import ArgumentParser

/// The flags of `mynah serve`, each of which can also be set by the environment or a file.
struct ServeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The address to listen on. (default: 127.0.0.1, this machine only)", valueName: "address"))
  var host: String?

  @Option(help: ArgumentHelp("The port to listen on; 0 for a free one. (default: 8080)", valueName: "number"))
  var port: String?

  @Option(
    help: ArgumentHelp(
      "A name of the server, besides localhost, that requests may be sent to; may be given several times.",
      valueName: "name"))
  var allowHost: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file of bearer tokens, one per line; without it anyone may use the server.",
      valueName: "file"), completion: .file())
  var tokensFile: String?

  @Option(help: ArgumentHelp("The origin whose pages may use the server. (default: none)", valueName: "origin"))
  var corsOrigin: String?

  @Option(
    help: ArgumentHelp(
      "The precision that weights are rounded to: \(WeightPrecisionOptions.names). (default: that of the file)",
      valueName: "name"))
  var precision: String?

  @Option(help: ArgumentHelp("The number of threads. (default: one for each physical core)", valueName: "count"))
  var threads: String?

  @Option(
    help: ArgumentHelp(
      "The maximum number of texts that a model generates at the same time. (default: 128)", valueName: "count"))
  var maxStreams: String?

  @Option(
    help: ArgumentHelp("The maximum number of requests that wait for a model. (default: 256)", valueName: "count"))
  var maxQueue: String?

  @Option(help: ArgumentHelp("The maximum size of the body of a request. (default: 1048576)", valueName: "bytes"))
  var maxBody: String?

  @Option(
    help: ArgumentHelp("The maximum number of tokens that a request contains. (default: 65536)", valueName: "tokens"))
  var maxPrompt: String?

  @Option(
    help: ArgumentHelp("The maximum number of tokens that a request generates. (default: 65536)", valueName: "tokens"))
  var maxTokens: String?

  @Option(help: ArgumentHelp("The maximum number of stored states. (default: 1000)", valueName: "count"))
  var maxStates: String?

  @Option(help: ArgumentHelp("The maximum number of open connections. (default: 12000)", valueName: "count"))
  var maxConnections: String?

  @Option(help: ArgumentHelp("The time for which an unused state is stored. (default: 3600)", valueName: "seconds"))
  var stateSeconds: String?

  @Option(help: ArgumentHelp("The time that a request may take. (default: 300)", valueName: "seconds"))
  var requestSeconds: String?

  @Option(
    help: ArgumentHelp(
      "The time within which a client must send a request, and read some of a response. (default: 30)",
      valueName: "seconds"))
  var transferSeconds: String?

  @Option(
    help: ArgumentHelp(
      "The lowest level of messages to log: trace, debug, info, notice, warning or error. (default: notice)",
      valueName: "level"))
  var logLevel: String?

  @Flag(help: "Log JSON objects, one per line.")
  var logJSON = false

  @Option(
    help: ArgumentHelp(
      "A JSON object with flags by name, for those that neither the command line nor the environment sets.",
      valueName: "file"), completion: .file())
  var configuration: String?
}
