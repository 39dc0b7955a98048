// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors in `Scripts/check.sh` and CI; a user's newer compiler may warn about more.
let strict = Context.environment["MYNAH_STRICT"] == "1"

let swiftSettings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let cSettings: [CSetting] = [.enableWarning("all")] + (strict ? [.treatAllWarnings(as: .error)] : [])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

/// A product that only the trait Server needs.
func serverProduct(_ name: String, _ package: String) -> Target.Dependency {
  .product(name: name, package: package, condition: .when(traits: ["Server"]))
}

func module(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swiftSettings)
}

func example(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["Mynah"], path: "Examples/\(name)", packageAccess: false, swiftSettings: swiftSettings)
}

func course(_ name: String) -> Target {
  .executableTarget(
    name: "Course\(name)", dependencies: ["Mynah", "CourseFigures"], path: "Examples/Course/\(name)",
    packageAccess: false, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
  name: "mynah",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .visionOS(.v2)],
  products: [
    .library(name: "Mynah", targets: ["Mynah"]),
    .executable(name: "mynah", targets: ["MynahMain"]),
    // The kernels alone, for the package in Benchmarks/; no promise to anyone else.
    .library(name: "CMynah", targets: ["CMynah"]),
  ],
  traits: [
    .default(enabledTraits: []),
    .trait(name: "Server", description: "The command `mynah serve`: an HTTP server for trained models."),
    .trait(name: "MPI", description: "Commands that several processes share: training on many machines with MPI."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    // With the trait Server only.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: ["FullFoundation"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.11.0"),
  ],
  targets: [
    // The library, in the order of the data flow; imports point one way.
    .target(name: "CMynah", cSettings: cSettings),
    module("MynahIO", []),
    module("MynahTensors", ["CMynah", "MynahIO"]),
    module("MynahText", ["MynahIO", "MynahTensors"]),
    module("MynahDatasets", ["MynahIO", "MynahTensors", "MynahText"]),
    module("MynahModels", ["CMynah", "MynahIO", "MynahTensors", "MynahText"]),
    module("MynahTraining", ["CMynah", "MynahIO", "MynahTensors", "MynahText", "MynahDatasets", "MynahModels"]),
    module("MynahInference", ["CMynah", "MynahIO", "MynahTensors", "MynahText", "MynahModels"]),
    // Pages are embedded, so that the tool stays a single file.
    module(
      "MynahAnalysis", ["MynahIO", "MynahTensors", "MynahText", "MynahModels", "MynahInference"],
      resources: [.embedInCode("Pages/Resources")]),
    module(
      "MynahClassification",
      ["MynahIO", "MynahTensors", "MynahText", "MynahModels", "MynahTraining", "MynahInference"]),
    module(
      "Mynah",
      [
        "MynahIO", "MynahTensors", "MynahText", "MynahDatasets", "MynahModels", "MynahTraining", "MynahInference",
        "MynahAnalysis", "MynahClassification",
      ]),

    // The command line.
    module("MynahTensorBoard", ["MynahIO", protobuf], exclude: ["Protos"]),
    module("MynahONNX", ["MynahTensors", "MynahText", "MynahModels", protobuf], exclude: ["Protos"]),
    module(
      "MynahServer",
      [
        "Mynah", "MynahAnalysis", "MynahClassification", serverProduct("Hummingbird", "hummingbird"),
        serverProduct("HummingbirdCore", "hummingbird"),
        serverProduct("Logging", "swift-log"), serverProduct("NIOCore", "swift-nio"),
        serverProduct("NIOHTTP1", "swift-nio"),
        serverProduct("NIOHTTPTypes", "swift-nio-extras"),
        serverProduct("NIOHTTPTypesHTTP1", "swift-nio-extras"), serverProduct("HTTPTypes", "swift-http-types"),
        serverProduct("ServiceLifecycle", "swift-service-lifecycle"),
        serverProduct("UnixSignals", "swift-service-lifecycle"),
      ], resources: [.embedInCode("Page/Resources")]),
    // Open MPI (Debian's libopenmpi-dev, Homebrew's open-mpi), with the trait MPI only.
    .systemLibrary(
      name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),
    module(
      "MynahMPI",
      [
        "MynahIO", "MynahTensors", "MynahTraining", .target(name: "CMPI", condition: .when(traits: ["MPI"])),
      ]),
    module(
      "MynahCommands",
      [
        "Mynah", "MynahAnalysis", "MynahClassification", "MynahTensorBoard", "MynahONNX",
        .target(name: "MynahServer", condition: .when(traits: ["Server"])), serverProduct("Logging", "swift-log"),
        .target(name: "MynahMPI", condition: .when(traits: ["MPI"])),
        argumentParser,
      ]),
    .executableTarget(name: "MynahMain", dependencies: ["MynahCommands"], swiftSettings: swiftSettings),

    // Examples, run by continuous integration.
    example("TinyCharacterModel"),
    example("LibraryTour"),
    example("CustomLoss"),
    example("CustomCell"),
    example("Autocomplete"),
    example("DemoText"),
    example("SpamFilter"),
    // A client of `mynah serve`, which needs no part of Mynah.
    .executableTarget(
      name: "CompletionClient", path: "Examples/CompletionClient", packageAccess: false, swiftSettings: swiftSettings),

    // The course: the four documents of docs/course, cell by cell.
    .target(
      name: "CourseFigures", path: "Examples/Course/Figures", packageAccess: false, swiftSettings: swiftSettings),
    course("PaddedSentences"),
    course("Characters"),
    course("Brown"),
    course("PennTreebank"),

    // Tests, one bundle per module. MynahTests has access to public declarations only, as users have.
    .target(
      name: "TestSupport", dependencies: ["MynahTensors"], path: "Tests/TestSupport", resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .target(name: "CMynahTextbook", dependencies: ["CMynah"], path: "Tests/CMynahTextbook", cSettings: cSettings),
    tests("CMynahTests", ["CMynah", "CMynahTextbook", "MynahTensors"]),
    tests("MynahTensorsTests", ["MynahTensors", "CMynah"]),
    tests("MynahIOTests", ["MynahIO", "MynahTensors"]),
    tests("MynahDatasetsTests", ["MynahIO", "MynahTensors", "MynahText", "MynahDatasets"]),
    tests("MynahTextTests", ["MynahIO", "MynahTensors", "MynahText", "MynahDatasets"], resources: [.copy("Fixtures")]),
    tests(
      "MynahModelsTests", ["MynahIO", "MynahTensors", "MynahText", "MynahModels", "MynahTraining"],
      resources: [.copy("Fixtures")]),
    tests(
      "MynahTrainingTests", ["MynahTensors", "MynahText", "MynahDatasets", "MynahModels", "MynahTraining"],
      resources: [.copy("Fixtures")]),
    tests(
      "MynahInferenceTests", ["MynahTensors", "MynahText", "MynahModels", "MynahTraining", "MynahInference"],
      resources: [.copy("Fixtures")]),
    tests(
      "MynahAnalysisTests", ["MynahTensors", "MynahText", "MynahModels", "MynahInference", "MynahAnalysis"]),
    tests("MynahONNXTests", ["MynahTensors", "MynahText", "MynahModels", "MynahONNX", protobuf]),
    tests(
      "MynahClassificationTests",
      [
        "MynahIO", "MynahTensors", "MynahText", "MynahModels", "MynahTraining", "MynahInference",
        "MynahClassification",
      ]),
    tests("MynahTensorBoardTests", ["MynahIO", "MynahTensorBoard", protobuf]),
    tests("MynahServerTests", ["Mynah", "MynahServer"]),
    tests("MynahCommandsTests", ["Mynah", "MynahCommands", "MynahMain"]),
    .testTarget(
      name: "MynahTests", dependencies: ["Mynah", "MynahTensorBoard", "TestSupport", argumentParser],
      packageAccess: false,
      swiftSettings: swiftSettings),
  ]
)

// MYNAH_TARGETS names the tests and examples to build, with spaces between; unset, all of them are. For scripts that need
// only some of them in a build with traits.
if let chosen = Context.environment["MYNAH_TARGETS"]?.split(separator: " ").map(String.init) {
  package.targets.removeAll { target in
    (target.type == .test || target.path?.hasPrefix("Examples/") == true) && !chosen.contains(target.name)
  }
}
