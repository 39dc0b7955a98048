// swift-tools-version: 6.2
import PackageDescription

// An app that depends on Mynah as any other package does. Your own package names the repository in place of the path.
let package = Package(
  name: "App",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .visionOS(.v2)],
  dependencies: [.package(name: "mynah", path: "../..")],
  targets: [.executableTarget(name: "App", dependencies: [.product(name: "Mynah", package: "mynah")])]
)
