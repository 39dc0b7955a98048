// Writes a text of the demo language, one sentence per line, as in the files of Examples/Texts.
//
//     swift run -c release DemoText TOKENS SEED

import Foundation
import Mynah

let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
guard numbers.count == 2, (1...10_000_000).contains(numbers[0]) else {
  FileHandle.standardError.write(Data("error: expected TOKENS, 1 to 10,000,000, and SEED\n".utf8))
  exit(64)
}
let language = DemoLanguage()
var random = RandomSource(seed: numbers[1])
let ids = language.sample(tokenCount: Int(numbers[0]), using: &random)
print(language.tokenizer.decode(ids), terminator: "")
