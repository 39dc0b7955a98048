#if Server
import Foundation
import MynahIO
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah serve")
struct ServeCommandTests {
  /// A folder with a word model and a byte model.
  private struct Models {
    let tool: CommandLineTool

    init() throws {
      tool = try CommandLineTool()
      try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "cat"], bound: 1).write(
        to: tool.path("words.safetensors"))
      try TinyModel.filled(with: 0, .bytes(ByteTokenizer())).write(to: tool.path("bytes.safetensors"))
    }

    func remove() { tool.folder.remove() }
  }

  private func text(_ answer: ServeTool.Answer) -> String? { answer.json["choices"]?.array?.first?["text"]?.string }

  @Test("Completions match mynah generate, whole and streamed, and scores match mynah score")
  func agreement() throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(models.tool, "words.safetensors")
    defer { server.end() }
    let generated = try models.tool.run(
      "generate", "words.safetensors", "a cat", "--length", "40", "--seed", "5", "--temperature", "0.8", "--json")
    let body = #"{"prompt": "a cat", "max_tokens": 40, "seed": 5, "temperature": 0.8"#
    let whole = try server.post("/v1/completions", body + "}")
    #expect(whole.status == 200 && whole.json["usage"]?["completion_tokens"]?.integer == 40)
    #expect(try text(whole) == JSONValue(parsing: generated.output) { Parsing(defect: "\($0)") }["text"]?.string)
    let streamed = try server.post("/v1/completions", body + #", "stream": true}"#)
    #expect(
      streamed.headers["content-type"]?.hasPrefix("text/event-stream") == true && streamed.events.last == "[DONE]")
    let pieces = try streamed.events.dropLast().map { event in
      try JSONValue(parsing: event) { Parsing(defect: "\($0)") }["choices"]?.array?.first?["text"]?.string ?? ""
    }
    #expect(pieces.joined() == text(whole))

    try models.tool.write("a cat b\nb zebra\n", to: "text")
    let scored = try models.tool.run("score", "words.safetensors", "text", "--json")
    let score = try server.post("/v1/score", #"{"input": "a cat b\nb zebra\n", "alternatives": 2}"#).json["data"]?
      .array?[0]
    let lines = try scored.output.split(separator: "\n").map {
      try JSONValue(parsing: String($0)) { Parsing(defect: "\($0)") }["logProbability"]?.number ?? .nan
    }
    let own = (score?["lines"]?.array ?? []).map { $0["logProbability"]?.number ?? .nan }
    #expect(own.count == 2 && zip(own, lines).allSatisfy { abs($0 - $1) < 1e-5 })
    // The first ID is that of <eos>, after which a text begins.
    let echoed = try server.post(
      "/v1/completions", #"{"prompt": [1, 2, 4, 3, 1], "max_tokens": 0, "echo": true, "logprobs": 1}"#)
    let probabilities = echoed.json["choices"]?.array?[0]["logprobs"]?["token_logprobs"]?.array ?? []
    #expect(probabilities.count == 5 && probabilities[0].isNull)
    #expect(abs(probabilities.dropFirst().reduce(0) { $0 + ($1.number ?? .nan) } - lines[0]) < 1e-5)
  }

  private struct Parsing: Error { let defect: String }

  @Test("A stream never contains part of a stop string or part of a character")
  func wholePieces() throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(models.tool, "words.safetensors", "bytes.safetensors")
    defer { server.end() }
    let stops = ["b cat", "a\nb"]
    for seed in 0..<8 {
      let body = #"{"model": "words", "max_tokens": 60, "seed": \#(seed)"#
      let answer = try server.post(
        "/v1/completions", body + #", "stop": ["b cat", "a\nb"], "logprobs": 1, "stream": true}"#)
      var (text, names) = ("", "")
      for event in answer.events.dropLast() {
        let choice = try JSONValue(parsing: event) { Parsing(defect: "\($0)") }["choices"]?.array?[0]
        text += choice?["text"]?.string ?? ""
        names += (choice?["logprobs"]?["tokens"]?.array ?? []).compactMap(\.string).joined()
      }
      let whole = try self.text(server.post("/v1/completions", body + "}")) ?? ""
      let end = stops.compactMap { whole.range(of: $0)?.lowerBound }.min() ?? whole.endIndex
      #expect(text == String(whole[..<end]) && names == text, "\(text)")
    }
    // Every byte is equally likely, so most characters are incomplete; an event may have several tokens.
    let body = #"{"model": "bytes", "prompt": "é", "max_tokens": 300, "seed": 1"#
    let pieces = try server.post("/v1/completions", body + #", "stream": true}"#).events.dropLast().map { event in
      try JSONValue(parsing: event) { Parsing(defect: "\($0)") }["choices"]?.array?[0]["text"]?.string ?? ""
    }
    #expect(try pieces.joined() == text(server.post("/v1/completions", body + "}")) && !pieces.isEmpty)
  }

  @Test(
    "An invalid request is rejected with an error that names the field",
    arguments: [
      (#"{"prompt": 5}"#, "prompt", nil), (#"{"prompt": []}"#, "prompt", nil), (#"{"prompt": [1, 99]}"#, "prompt", nil),
      (#"{"prompt": [-1]}"#, "prompt", nil), (#"{"prompt": [[1], "a"], "n": 0}"#, "n", nil), (#"{"n": 129}"#, "n", nil),
      (#"{"n": 2, "best_of": 1}"#, "best_of", nil), (#"{"best_of": 2, "stream": true}"#, "best_of", nil),
      (#"{"max_tokens": -1}"#, "max_tokens", nil), (#"{"max_tokens": 1e99}"#, "max_tokens", nil),
      (#"{"max_tokens": 9223372036854775807}"#, "max_tokens", nil), (#"{"temperature": 2.1}"#, "temperature", nil),
      (#"{"temperature": "warm"}"#, "temperature", nil), (#"{"top_p": -0.1}"#, "top_p", nil),
      (#"{"logprobs": 6}"#, "logprobs", nil), (#"{"logprobs": true}"#, "logprobs", nil),
      (#"{"stop": ""}"#, "stop", nil),
      (#"{"stop": [5]}"#, "stop", nil),
      (#"{"stop": "\#(String(repeating: "a", count: 257))"}"#, "stop", nil),
      (#"{"prompt": "\#(String(repeating: "a ", count: 700))", "n": 100, "echo": true, "max_tokens": 0}"#, "echo", nil),
      (#"{"presence_penalty": 3}"#, "presence_penalty", nil),
      (#"{"logit_bias": {"99": 1}}"#, "logit_bias", nil), (#"{"logit_bias": {"1": 101}}"#, "logit_bias", nil),
      (#"{"stream_options": {"include_usage": true}}"#, "stream_options", nil), (#"{"seed": 0.5}"#, "seed", nil),
      (#"{"suffix": "x"}"#, "suffix", "unsupported_parameter"), (#"{"prompts": "x"}"#, "prompts", "unknown_parameter"),
      (#"{"model": "gpt"}"#, "model", "model_not_found"), (#"{"state": "state-1"}"#, nil, "state_not_found"),
      (#"{"prompt": "a", "prompt": "b"}"#, nil, "invalid_json"), ("[1]", nil, "invalid_json"),
      ("{", nil, "invalid_json"), ("", nil, "invalid_json"), ("{\"a\": \"\u{1}\"}", nil, "invalid_json"),
      (String(repeating: "[", count: 5000), nil, "invalid_json"),
    ] as [(String, String?, String?)])
  func refusal(body: String, parameter: String?, code: String?) throws {
    try withServer { server in
      let answer = try server.post("/v1/completions", body)
      #expect(answer.parameter == parameter && answer.code == code, "\(answer.body)")
      #expect(answer.status == (code?.hasSuffix("not_found") == true ? 404 : 400))
      #expect(answer.json["error"]?["message"]?.string?.isEmpty == false)
      #expect(try server.get("/health").status == 200)
    }
  }

  /// Calls a function with a server of a word model.
  private func withServer(_ body: (ServeTool) throws -> Void) throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(
      models.tool, "words.safetensors", "--max-body", "100000", "--cors-origin", "https://a.example")
    defer { server.end() }
    try body(server)
  }

  @Test("Unsupported paths, methods, hosts, content types and body sizes are rejected with specific errors")
  func refusedRequests() throws {
    try withServer { server in
      #expect(try server.get("/v1/nothing").code == "unknown_path")
      #expect(try server.get("/page/../index.html").status == 404)
      #expect(try server.get("/page/..%2findex.html").status == 404)
      let method = try server.get("/v1/completions")
      #expect(method.status == 405 && method.headers["allow"] == "OPTIONS, POST")
      #expect(try server.get("/health", method: "HEAD").status == 200)
      #expect(try server.get("/health", headers: ["Host: evil.example"]).code == "host_not_allowed")
      #expect(try server.get("/health", headers: ["Host: LOCALHOST"]).status == 200)
      #expect(try server.post("/v1/completions", "{}", headers: ["Content-Type: text/plain"]).status == 415)
      #expect(try server.post("/v1/completions", "{}", headers: []).status == 415)
      #expect(try server.post("/v1/completions", String(repeating: " ", count: 100_001)).status == 413)
      let preflight = try server.get("/v1/completions", method: "OPTIONS", headers: ["Origin: https://a.example"])
      #expect(preflight.headers["access-control-allow-origin"] == "https://a.example")
      #expect(preflight.headers["access-control-allow-methods"] == "OPTIONS, POST")
      let foreign = try server.get("/v1/models", headers: ["Origin: https://b.example"])
      #expect(foreign.headers["access-control-allow-origin"] == nil)
    }
  }

  @Test("Request bodies share a memory budget, and a request that exceeds it can be retried")
  func bodies() throws {
    try withServer { server in
      // Each request announces 100,000 bytes and sends none; there is room for 256 of them.
      let head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      let open = try (0..<256).map { _ in
        let socket = try Socket.connected(to: server.port)
        socket.send(Array((head + "Content-Length: 100000\r\n\r\n").utf8))
        return socket
      }
      try server.wait { try server.get("/metrics").body.contains("mynah_open_requests 257") }
      let refused = try server.post("/v1/completions", "{}")
      #expect(refused.status == 503 && refused.code == "too_many_bodies" && refused.headers["retry-after"] == "1")
      for socket in open { socket.finishSending() }
      try server.wait { try server.post("/v1/completions", "{}").status == 200 }
    }
  }

  @Test("Biases, penalties and multiple choices behave as in OpenAI's documentation")
  func sampling() throws {
    try withServer { server in
      let only = try server.post("/v1/completions", #"{"prompt": "a", "max_tokens": 6, "logit_bias": {"3": 100}}"#)
      #expect(text(only) == " b b b b b b")
      let never = try server.post("/v1/completions", #"{"prompt": "a", "max_tokens": 200, "logit_bias": {"3": -100}}"#)
      #expect(text(never)?.contains("b") == false)
      let varied = try server.post(
        "/v1/completions",
        #"{"prompt": "a", "max_tokens": 8, "temperature": 0, "frequency_penalty": 2, "logit_bias": {"1": -100}}"#)
      #expect(Set((text(varied) ?? "").split(separator: " ")).count == 3)
      let several = try server.post(
        "/v1/completions", #"{"prompt": ["a", "b"], "max_tokens": 9, "n": 2, "best_of": 5, "seed": 4, "logprobs": 0}"#)
      let choices = several.json["choices"]?.array ?? []
      #expect(choices.compactMap { $0["index"]?.integer } == [0, 1, 2, 3])
      let means = choices.map { choice in
        (choice["logprobs"]?["token_logprobs"]?.array ?? []).reduce(0) { $0 + ($1.number ?? .nan) } / 9
      }
      #expect(
        means[0] >= means[1] && means[2] >= means[3] && several.json["usage"]?["completion_tokens"]?.integer == 90)
    }
  }

  @Test("A state can be created, fed, queried, forked, saved, deleted and restored by another process")
  func states() throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(models.tool, "words.safetensors")
    let whole = try server.post("/v1/completions", #"{"prompt": "a cat b", "max_tokens": 12, "seed": 2}"#)
    let state = try server.post("/v1/states", #"{"text": "a"}"#)
    let id = try #require(state.json["id"]?.string)
    #expect(state.status == 201 && state.json["tokenCount"]?.integer == 1)
    let fork = try #require(try server.post("/v1/states/\(id)/fork", "{}").json["id"]?.string)
    let fed = try server.post("/v1/states/\(fork)/feed", #"{"text": "cat b"}"#)
    #expect(fed.json["tokenCount"]?.integer == 3 && fed.json["logProbability"]?.number ?? 1 < 0)
    let continued = try server.post("/v1/completions", #"{"state": "\#(fork)", "max_tokens": 12, "seed": 2}"#)
    #expect(text(continued) == text(whole))
    let next = try server.post("/v1/states/\(id)/next", #"{"count": 3}"#).json["predictions"]?.array ?? []
    #expect(next.count == 3 && next[0]["probability"]?.number ?? 0 >= next[1]["probability"]?.number ?? 1)
    let file = try server.get("/v1/states/\(fork)/file")
    #expect(try server.get("/v1/states/\(id)", method: "DELETE").status == 200)
    #expect(try server.get("/v1/states/\(id)").code == "state_not_found")
    #expect(try server.get("/v1/states").json["data"]?.array?.count == 1)
    #expect(try server.stop() == 0)

    let other = try ServeTool(models.tool, "words.safetensors")
    defer { other.end() }
    let restored = try other.post("/v1/states/restore", file.body)
    let again = try other.post(
      "/v1/completions", #"{"state": "\#(restored.json["id"]?.string ?? "")", "max_tokens": 12, "seed": 2}"#)
    #expect(restored.status == 201 && text(again) == text(whole))
    #expect(try other.post("/v1/states/restore", file.body.replacing("0.", with: "")).status == 400)
    #expect(try other.post("/v1/states/restore", "{}").status == 400)
    // These counts would overflow as the text continues.
    for name in ["stepCount", "tokenCount"] {
      let damaged = file.body.replacing(try Regex("\"\(name)\":[0-9]+"), with: "\"\(name)\":\(Int.max)")
      #expect(damaged != file.body)
      #expect(try other.post("/v1/states/restore", damaged).status == 400)
    }
  }

  @Test("The state kept after generating a text can continue it")
  func keptState() throws {
    try withServer { server in
      let body = #"{"prompt": "a b", "temperature": 0, "max_tokens": "#
      let first = try server.post("/v1/completions", body + #"5, "keep_state": true}"#)
      let state = try #require(first.json["choices"]?.array?[0]["state"]?.string)
      let second = try server.post("/v1/completions", #"{"state": "\#(state)", "temperature": 0, "max_tokens": 6}"#)
      #expect(try (text(first) ?? "") + (text(second) ?? "") == text(server.post("/v1/completions", body + "11}")))
    }
  }

  @Test("With --tokens-file, requests need a known token, and a state belongs to the token that created it")
  func tokens() throws {
    let models = try Models()
    defer { models.remove() }
    try models.tool.write("alpha\nbeta\n", to: "tokens")
    let server = try ServeTool(models.tool, "words.safetensors", "--tokens-file", "tokens")
    defer { server.end() }
    func authorized(_ token: String) -> [String] {
      ["Content-Type: application/json", "Authorization: Bearer \(token)"]
    }
    let refused = try server.post("/v1/completions", "{}")
    #expect(
      refused.status == 401 && refused.headers["www-authenticate"] == "Bearer" && refused.code == "invalid_api_key")
    #expect(try server.post("/v1/completions", "{}", headers: authorized("alphabet")).status == 401)
    #expect(try server.post("/v1/completions", "{}", headers: authorized("beta")).status == 200)
    #expect(try server.get("/health").status == 200 && server.get("/metrics").status == 401)
    let state = try server.post("/v1/states", "{}", headers: authorized("alpha")).json["id"]?.string ?? ""
    #expect(try server.get("/v1/states/\(state)", headers: authorized("alpha")).status == 200)
    #expect(try server.get("/v1/states/\(state)", headers: authorized("beta")).status == 404)
  }

  @Test("A damaged replacement of a model is ignored, and a valid one is loaded and invalidates old states")
  func reload() throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(models.tool, "words.safetensors")
    defer { server.end() }
    let body = #"{"prompt": "a", "max_tokens": 30, "seed": 1}"#
    let before = try text(server.post("/v1/completions", body))
    let state = try server.post("/v1/states", "{}").json["id"]?.string ?? ""
    try models.tool.write("damaged", to: "words.safetensors")
    try server.wait { try server.get("/metrics").body.contains(#"mynah_failed_reloads_total{model="words"} 1"#) }
    #expect(try text(server.post("/v1/completions", body)) == before)
    #expect(server.run.errorsSoFar.contains("could not be reloaded"))
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "x", "y", "z"], bound: 1).write(
      to: models.tool.path("words.safetensors"))
    kill(server.run.process.processIdentifier, SIGHUP)
    try server.wait { try server.get("/metrics").body.contains(#"mynah_reloads_total{model="words"} 1"#) }
    let after = try text(server.post("/v1/completions", #"{"prompt": "x", "max_tokens": 30, "seed": 1}"#))
    #expect(after?.contains("x") == true && after?.contains("a") == false)
    #expect(try server.post("/v1/completions", #"{"state": "\#(state)"}"#).code == "state_not_found")
  }

  @Test("After SIGTERM, open streams are completed, and the process exits with code 0")
  func termination() throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(models.tool, "words.safetensors")
    let socket = try Socket.connected(to: server.port)
    let body = #"{"max_tokens": 30000, "seed": 1, "stream": true, "stream_options": {"include_usage": true}}"#
    socket.send(
      Array(
        ("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8))
    var bytes = socket.receive() ?? []
    server.run.process.terminate()
    while let more = socket.receive() { bytes += more }
    let answer = ServeTool.answer(bytes)
    #expect(answer.events.last == "[DONE]")
    #expect(answer.events.dropLast().last?.contains(#""completion_tokens":30000"#) == true)
    #expect(try server.run.finish().status == 0)
  }

  @Test("A classifier can be served with a language model and predicts the same labels as mynah classify")
  func classification() throws {
    let models = try Models()
    defer { models.remove() }
    let lines = (0..<12).map { "spam\twin a prize now \($0)\nham\tsee you at home \($0)\n" }.joined()
    try models.tool.write(lines, to: "texts.tsv")
    try models.tool.write("win a prize\nsee you\n", to: "lines")
    let trained = try models.tool.run(
      "classify", "train", "texts.tsv", "--method", "naive-bayes", "--output", "spam.classifier")
    #expect(trained.status == 0, "\(trained.errors)")
    let predicted = try models.tool.run("classify", "predict", "spam.classifier", "lines", "--json")
    let server = try ServeTool(models.tool, "words.safetensors", "mail=spam.classifier")
    defer { server.end() }
    let answer = try server.post("/v1/classify", #"{"input": ["win a prize", "see you"]}"#)
    let data = answer.json["data"]?.array ?? []
    #expect(answer.json["model"]?.string == "mail" && data.compactMap { $0["label"]?.string } == ["spam", "ham"])
    let probabilities = try predicted.output.split(separator: "\n").map {
      try JSONValue(parsing: String($0)) { Parsing(defect: "\($0)") }["probability"]?.number ?? .nan
    }
    #expect(
      data.count == 2 && zip(data, probabilities).allSatisfy { abs(($0["probability"]?.number ?? 0) - $1) < 1e-9 })
    #expect(try server.post("/v1/classify", #"{"input": "a", "model": "words"}"#).code == "model_kind")
    #expect(try server.post("/v1/completions", #"{"model": "mail"}"#).code == "model_kind")
    #expect(try server.get("/v1/models/mail").json["labels"]?.array?.count == 2)
  }

  @Test("After SIGKILL, another process can serve on the same port")
  func killed() throws {
    let models = try Models()
    defer { models.remove() }
    let server = try ServeTool(models.tool, "words.safetensors")
    let socket = try Socket.connected(to: server.port)
    socket.send(Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    #expect(socket.receive() != nil)
    kill(server.run.process.processIdentifier, SIGKILL)
    #expect(try server.run.finish().wasKilled)
    let next = try ServeTool(models.tool, "words.safetensors", "--port", "\(server.port)")
    defer { next.end() }
    #expect(try next.port == server.port && next.get("/ready").status == 200)
  }

  @Test("Metrics, the web page and the API description are served")
  func operation() throws {
    try withServer { server in
      _ = try server.post("/v1/completions", #"{"max_tokens": 3}"#)
      let metrics = try server.get("/metrics").body
      for name in [
        "mynah_requests_total{endpoint=\"/v1/completions\",status=\"200\"}",
        "mynah_generated_tokens_total{model=\"words\"}",
        "mynah_first_token_seconds_bucket{model=\"words\",le=\"+Inf\"}", "mynah_batch_texts", "mynah_queue_length",
        "mynah_states ",
      ] { #expect(metrics.contains(name), "\(name)") }
      let page = try server.get("/")
      #expect(
        page.headers["content-security-policy"]?.contains("default-src 'none'") == true && page.body.contains("Mynah"))
      #expect(try server.get("/openapi.yaml").body.hasPrefix("openapi: 3.1"))
      #expect(try server.get("/ready").status == 200)
    }
  }

  @Test("The command line takes precedence over the environment, and the environment over the file")
  func settings() throws {
    let models = try Models()
    defer { models.remove() }
    try models.tool.write(
      #"{"models": ["named=words.safetensors"], "max-body": 50, "max-prompt": 3, "max-tokens": 7}"#, to: "settings.json"
    )
    let server = try ServeTool(
      models.tool, "--max-tokens", "9", "--configuration", "settings.json",
      environment: ["MYNAH_SERVE_MAX_PROMPT": "5", "MYNAH_SERVE_MAX_TOKENS": "8"])
    defer { server.end() }
    #expect(try server.post("/v1/completions", #"{"model": "named", "max_tokens": 9}"#).status == 200)
    #expect(try server.post("/v1/completions", #"{"max_tokens": 10}"#).parameter == "max_tokens")
    #expect(try server.post("/v1/completions", #"{"prompt": "a a a a a", "max_tokens": 1}"#).status == 200)
    #expect(try server.post("/v1/completions", #"{"prompt": "a a a a a a", "max_tokens": 1}"#).parameter == "prompt")
    #expect(try server.post("/v1/completions", String(repeating: " ", count: 51)).status == 413)
  }

  @Test("Invalid settings are named in the error, and no server starts")
  func wrongSettings() throws {
    let models = try Models()
    defer { models.remove() }
    try models.tool.write(#"{"prot": 1}"#, to: "unknown.json")
    try models.tool.write("text", to: "text.json")
    for (arguments, status, sentence) in [
      ([], 64, "expected a model to serve"), (["words.safetensors", "--port", "65536"], 64, "--port"),
      (["words.safetensors", "x/words.safetensors"], 64, "two models have the name"),
      (["words.safetensors", "--configuration", "unknown.json"], 64, "'prot'"),
      (["words.safetensors", "--configuration", "text.json"], 65, "expected JSON"),
      (["none.safetensors"], 66, "none.safetensors"), (["text.json"], 65, "text.json"),
      (["words.safetensors", "--log-level", "loud"], 64, "--log-level"),
      (["words.safetensors", "--host", "256.0.0.1"], 74, "has ended"),
      (["words.safetensors", "--host", "0.0.0.0", "--allow-host", "a.example"], 64, "--allow-host has no effect"),
    ] as [([String], Int32, String)] {
      let outcome = try models.tool.run(["serve"] + arguments)
      #expect(outcome.status == status && outcome.isTidy && outcome.lastLine.contains(sentence), "\(outcome.errors)")
    }
    let mistyped = try models.tool.start(["serve", "words.safetensors"], environment: ["MYNAH_SERVE_PROT": "1"])
      .finish()
    #expect(mistyped.status == 64 && mistyped.lastLine.contains("MYNAH_SERVE_PROT"), "\(mistyped.errors)")
  }
}

extension ServeTool {
  /// Waits until a condition holds, for at most a minute.
  func wait(until isSo: () throws -> Bool) rethrows { try run.wait(until: isSo) }
}
#else
import TestSupport
import Testing

@Suite("A build without the server")
struct ServeCommandTests {
  @Test("The error explains how to build with the server")
  func noServer() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("serve", "model.safetensors")
    #expect(
      outcome.status == 69 && outcome.isTidy && outcome.lastLine.contains("swift build -c release --traits Server"))
  }
}
#endif
