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
    // Reserved names; no target uses them yet.
    .trait(name: "Server", description: "A server for trained models (reserved)."),
    .trait(name: "MPI", description: "Training on several machines with MPI (reserved)."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
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
      "MynahCommands",
      ["Mynah", "MynahAnalysis", "MynahClassification", "MynahTensorBoard", "MynahONNX", argumentParser]),
    .executableTarget(name: "MynahMain", dependencies: ["MynahCommands"], swiftSettings: swiftSettings),

    // Examples, run by continuous integration.
    example("TinyCharacterModel"),
    example("LibraryTour"),
    example("CustomLoss"),
    example("CustomCell"),
    example("Autocomplete"),
    example("DemoText"),
    example("SpamFilter"),

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
    tests("MynahCommandsTests", ["Mynah", "MynahCommands", "MynahMain"]),
    .testTarget(
      name: "MynahTests", dependencies: ["Mynah", "MynahTensorBoard", "TestSupport", argumentParser],
      packageAccess: false,
      swiftSettings: swiftSettings),
  ]
)
