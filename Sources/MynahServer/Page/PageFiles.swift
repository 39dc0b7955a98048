#if Server
import Hummingbird
import HTTPTypes
import NIOCore

/// The files of the page, which are embedded into the program.
struct PageFiles: Sendable {
  /// The page's content security policy: no external resources, no inline scripts or styles.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private static let script = "text/javascript; charset=utf-8"

  private static let files: [String: (bytes: [UInt8], type: String)] = [
    "index.html": (PackageResources.index_html, "text/html; charset=utf-8"),
    "page.css": (PackageResources.page_css, "text/css; charset=utf-8"),
    "page.js": (PackageResources.page_js, script), "api.js": (PackageResources.api_js, script),
    "card.js": (PackageResources.card_js, script), "elements.js": (PackageResources.elements_js, script),
    "map.js": (PackageResources.map_js, script), "surprisal.js": (PackageResources.surprisal_js, script),
    "tip.js": (PackageResources.tip_js, script), "tokens.js": (PackageResources.tokens_js, script),
    "type.js": (PackageResources.type_js, script), "write.js": (PackageResources.write_js, script),
    "openapi.yaml": (PackageResources.openapi_yaml, "application/yaml"),
  ]

  func page(_ exchange: Exchange) async throws -> Response { try response("index.html") }
  func description(_ exchange: Exchange) async throws -> Response { try response("openapi.yaml") }
  func file(_ exchange: Exchange) async throws -> Response { try response(exchange.parameters[0]) }

  private func response(_ name: String) throws(ServerFailure) -> Response {
    guard let file = Self.files[name] else { throw .notFound("there is no such file", code: "unknown_path") }
    return Response(
      status: .ok,
      headers: [
        .contentType: file.type, .contentSecurityPolicy: Self.policy, .cacheControl: "no-cache",
        HTTPField.Name.xContentTypeOptions: "nosniff",
      ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
  }
}
#endif
