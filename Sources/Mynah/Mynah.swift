// Re-exports the whole library with one import, and `URL`, the type of the files' addresses.
@_exported public import struct Foundation.URL
@_exported public import MynahAnalysis
@_exported public import MynahClassification
@_exported public import MynahDatasets
@_exported public import MynahIO
@_exported public import MynahInference
@_exported public import MynahModels
@_exported public import MynahTensors
@_exported public import MynahText
@_exported public import MynahTraining
