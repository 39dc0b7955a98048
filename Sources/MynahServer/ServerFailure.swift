#if Server
import MynahIO
import MynahInference
import MynahText

/// A request that cannot be answered: the status, and the error in the format that OpenAI's clients expect.
package struct ServerFailure: Error, Hashable {
  /// The kind of failure, the `type` of the error.
  package enum Kind: String {
    case invalidRequest = "invalid_request_error"
    case rateLimit = "rate_limit_error"
    case server = "server_error"
  }

  package let status: Int
  package let kind: Kind
  package let message: String
  /// The field of the request that is wrong.
  package var parameter: String?
  package var code: String?
  /// The seconds after which the client may try again.
  package var retryAfter: Int?

  /// The error as JSON.
  var json: String {
    JSONValue.record([
      "error": .record([
        "message": .string(message), "type": .string(kind.rawValue), "param": parameter.map { .string($0) } ?? .null,
        "code": code.map { .string($0) } ?? .null,
      ])
    ]).text
  }
}

extension ServerFailure {
  /// Returns the failure for a request with an invalid field.
  static func invalid(_ message: String, _ parameter: String? = nil, code: String? = nil) -> ServerFailure {
    ServerFailure(status: 400, kind: .invalidRequest, message: message, parameter: parameter, code: code)
  }

  static func notFound(_ message: String, code: String) -> ServerFailure {
    ServerFailure(status: 404, kind: .invalidRequest, message: message, code: code)
  }

  package static let queueFull = ServerFailure(
    status: 429, kind: .rateLimit, message: "the server is busy and its queue is full; try again later",
    code: "queue_full", retryAfter: 1)

  static let shuttingDown = ServerFailure(
    status: 503, kind: .server, message: "the server is shutting down", code: "shutting_down", retryAfter: 5)

  package static let timeout = ServerFailure(
    status: 503, kind: .server, message: "the request took longer than the server allows; ask for fewer tokens",
    code: "timeout", retryAfter: 1)

  static let tooManyBodies = ServerFailure(
    status: 503, kind: .server, message: "too many requests are being read; try again later", code: "too_many_bodies",
    retryAfter: 1)

  static let bodyTooLarge = ServerFailure(
    status: 413, kind: .invalidRequest, message: "the body is larger than the server allows", code: "body_too_large")

  /// Creates the failure for an error of the library.
  ///
  /// Only errors that the request caused include their message.
  init(_ error: any Error) {
    switch error {
    case let failure as ServerFailure: self = failure
    case let error as ClientError: self = .invalid("\(error.error)", error.parameter, code: error.code)
    case InferenceError.nothingToDraw: self = .invalid("\(error)", "logit_bias")
    default:
      self = ServerFailure(status: 500, kind: .server, message: "an internal error occurred", code: "internal_error")
    }
  }
}

/// An error of the library that a request caused.
struct ClientError: Error {
  let error: any Error
  let parameter: String?
  let code: String?

  /// Calls `body`, and attributes its `TextError`s to a field of the request; other errors are rethrown.
  static func ofText<Result>(_ parameter: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TextError {
      throw ClientError(error: error, parameter: parameter, code: "unknown_token")
    }
  }
}
#endif
