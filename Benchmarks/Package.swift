// swift-tools-version: 6.2
import PackageDescription

// A package of its own: what measuring needs is no dependency of the library.

/// Warnings are errors in `Scripts/check.sh` and CI, as in the package above.
let strict = Context.environment["MYNAH_STRICT"] == "1"

let swiftSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
  name: "mynah-benchmarks",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "mynah-benchmarks", targets: ["MynahBenchmarks"])
  ],
  dependencies: [
    .package(name: "mynah", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    // Clock, statistics, report: knows nothing of what is measured.
    .target(name: "Measurement", swiftSettings: swiftSettings),
    .executableTarget(
      name: "MynahBenchmarks",
      dependencies: [
        "Measurement",
        .product(name: "Mynah", package: "mynah"),
        .product(name: "CMynah", package: "mynah"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    .testTarget(name: "MeasurementTests", dependencies: ["Measurement"], swiftSettings: swiftSettings),
  ]
)
