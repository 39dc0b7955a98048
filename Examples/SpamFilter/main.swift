// A spam filter from labelled messages: train, evaluate, save, predict.
//
//     swift run -c release SpamFilter [FILE]
//
// Each line of FILE contains a label, a tab and a text; without FILE, the program generates messages. The first four
// fifths are for training, the others for evaluation.

import Foundation
import Mynah

/// Generates messages by filling in patterns of spam and of notes to friends.
struct Messages {
  var random: RandomSource

  mutating func make(_ count: Int) -> [(label: String, text: String)] {
    (0..<count).map { index in
      index.isMultiple(of: 4) ? ("spam", fill(Self.offers)) : ("ham", fill(Self.notes))
    }
  }

  private mutating func fill(_ patterns: [String]) -> String {
    let pattern = patterns[Int(random.next() % UInt64(patterns.count))]
    return pattern.split(separator: " ").map { word in
      guard let choices = Self.words[String(word)] else { return String(word) }
      return choices[Int(random.next() % UInt64(choices.count))]
    }.joined(separator: " ")
  }

  private static let offers = [
    "URGENT! you have won a PRIZE , call NUMBER now", "PRIZE for you , reply YES to NUMBER today",
    "last chance: claim your PRIZE at NUMBER before DAY", "FREE ringtones! text TONE to NUMBER , only 50p a week",
  ]
  private static let notes = [
    "are you home on DAY ? PERSON wants to THING", "PERSON and i are going to THING on DAY , come too",
    "sorry i am late , tell PERSON to start without me", "did you call PERSON about DAY ? he has won the race :)",
    "call me when you are free , we should THING",
  ]
  private static let words = [
    "PRIZE": ["a £1000 prize", "a free phone", "2 tickets to the cup final", "a holiday in Spain", "£500 cash"],
    "NUMBER": ["09061 743 386", "87121", "0800 542 0578", "08712 300 220"],
    "DAY": ["monday", "friday", "sunday", "the weekend", "tomorrow"],
    "PERSON": ["Anna", "mum", "Tom", "your sister", "the boss"],
    "THING": ["cook dinner", "watch the match", "play chess", "go for a walk", "study for the exam"],
  ]
}

let all =
  try CommandLine.arguments.dropFirst().first.map { try LabelledText(at: $0).examples.map { ($0.label, $0.text) } }
  ?? {
    var messages = Messages(random: RandomSource(seed: 7)); return messages.make(500)
  }()
let learned = LabelledText(Array(all.prefix(all.count * 4 / 5)))
let others = LabelledText(Array(all.dropFirst(all.count * 4 / 5)))

var settings = ClassifierSettings(.fineTune)
settings.readings = [.words]
settings.readings[0].hiddenSizes = [48]
let (classifier, _) = try ClassifierTrainer(settings).train(learned) { epoch in
  print("\(epoch.stage), epoch \(epoch.epoch): validation loss \(epoch.validationLoss ?? .nan)")
}

let report = try classifier.evaluate(others)
for (index, label) in report.labels.enumerated() {
  print(
    "\(label): precision \(report.precision(of: index)), recall \(report.recall(of: index)), F1 \(report.f1(of: index))"
  )
}
print("accuracy \(report.accuracy), calibration error \(report.expectedCalibrationError)")

let file = FileManager.default.temporaryDirectory.appending(path: "spam-\(UUID()).classifier").path(
  percentEncoded: false)
try classifier.write(to: file)
defer { try? FileManager.default.removeItem(atPath: file) }
let filter = try TextClassifier(contentsOf: file)
for message in ["You have won a free holiday! Call 0800 123 456", "are you free for dinner with mum on sunday?"] {
  let prediction = try filter.predict(message)
  print("\(prediction.label) (\(prediction.probability)): \(message)")
}
