import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("A flag without effect causes an error that names the flag and the reason")
struct FlagEffectTests {
  /// Arguments in which one flag has no effect.
  struct Idle: Sendable, CustomTestStringConvertible {
    let flag: String
    let arguments: [String]
    /// The expected error message, without the flag's name.
    let complaint: String

    init(_ arguments: String, _ complaint: String, flag: String? = nil) {
      let words = arguments.split(separator: " ").map(String.init)
      self.arguments = words
      self.flag = flag ?? words.first { $0.hasPrefix("--") } ?? ""
      self.complaint = complaint
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  /// The flags of a command: those that always have an effect, and arguments in which the others have none.
  struct Command: Sendable {
    /// The words after `mynah`, including arguments.
    let words: String
    let always: [String]
    let idle: [Idle]
  }

  private static let predicting = ["--cache", "--dynamic", "--mix", "--temperature"]

  private static let idlePredicting = idlePredicting(weights: "--weights")

  /// - Parameter weights: The flag that sets the mixture weights.
  private static func idlePredicting(weights: String) -> [Idle] {
    [
      Idle("--cache-weight 0.5", "needs --cache"), Idle("--cache-theta 0.5", "needs --cache"),
      Idle("--dynamic-decay 0.5", "needs --dynamic"), Idle("--dynamic-tokens 5", "needs --dynamic"),
      Idle("--dynamic-statistics text", "needs --dynamic"),
      Idle("--precision int8 --dynamic 0.1", "has no effect with --dynamic"),
      Idle("--precision int8 --monte-carlo 2", "has no effect with --monte-carlo"),
      Idle("--monte-carlo 2 --dynamic 0.1", "has no effect with --dynamic"),
      Idle("--monte-carlo 2", "needs a model that was trained with dropout"),
      Idle("--seed 2", "needs --monte-carlo"),
      Idle("--tune-temperature text --temperature 2", "has no effect with --temperature"),
      Idle("--map-unknown-words", "needs --mix"),
      Idle("\(weights) 0.5", "needs --mix"), Idle("--tune-weights text", "needs --mix"),
      Idle("--tune-weights text --mix m \(weights) 1,1", "has no effect with \(weights)"),
    ]
  }

  private static let idleTokens = [
    Idle("--minimum-count 2 --tokenizer t.json", "has no effect with a --tokenizer file"),
    Idle("--minimum-count 2 --tokenizer byte", "has no effect with --tokenizer byte"),
    Idle("--minimum-count 2 --tokenizer keras-word", "has no effect with --tokenizer keras-word"),
    Idle("--vocabulary 300 --tokenizer t.json", "has no effect with a --tokenizer file"),
    Idle("--vocabulary 300 --tokenizer byte", "has no effect with --tokenizer byte"),
  ]

  #if MPI
  private static let idleRanks = [Idle("--rank-timeout 9", "needs several ranks, started by mpirun")]
  private static let idleTrainingRanks =
    idleRanks
    + ["--shares 2,1", "--compress bfloat16", "--allow-mixed"].map {
      Idle($0, "needs several ranks, started by mpirun")
    }
  #else
  private static let idleRanks: [Idle] = []
  private static let idleTrainingRanks: [Idle] = []
  #endif

  static let commands: [String: Command] = [
    "demo": Command(words: "demo", always: ["--quiet", "--seed", "--json", "--threads"], idle: []),
    "data list": Command(words: "data list", always: ["--json"], idle: []),
    "data get": Command(words: "data get toy", always: ["--quiet", "--output", "--from"], idle: []),
    "prepare": Command(
      words: "prepare text --output x",
      always: ["--quiet", "--output", "--overwrite", "--json", "--tokenizer", "--threads", "--validation-share"],
      idle: idleTokens + idleRanks),
    "train": Command(
      words: "train text --output x --hidden 8 --embedding 6",
      always: [
        "--quiet",
        "--output", "--resume", "--overwrite", "--tokenizer", "--embedding", "--layers",
        "--output-layer",
        "--tied", "--dropout", "--dropout-layer-input", "--dropout-embedding", "--dropout-input", "--dropout-weights",
        "--initializer", "--embedding-initializer",
        "--batching", "--batch", "--sequence-length", "--epochs", "--minutes", "--optimizer", "--weight-decay",
        "--clip", "--clip-value",
        "--batches-per-update", "--shards", "--patience", "--seed", "--learning-rate", "--schedule", "--warm-up",
        "--sampled",
        "--mean-loss", "--weight-penalty", "--activation-penalty", "--dry-run", "--precision", "--threads", "--json",
        "--init-from", "--freeze",
        "--layer-rate-decay", "--seeds", "--validation", "--validation-share",
      ],
      idle: idleTokens + [
        Idle("--extend-vocabulary", "needs --init-from"), Idle("--gradual-unfreezing", "needs --init-from"),
        Idle("--vectors text --init-from m", "has no effect with --init-from"),
        Idle("--tokenizer word --init-from m", "has no effect with --init-from"),
        Idle("--minimum-count 2 --init-from m", "has no effect with --init-from without --extend-vocabulary"),
        Idle("--vocabulary 9 --init-from m", "has no effect with --init-from without --extend-vocabulary"),
        Idle("--cell gru --layers lstm:8", "has no effect with --layers"),
        Idle("--layers lstm:8", "has no effect with --layers", flag: "--hidden"),
        Idle("--forget-bias 1 --cell gru", "needs --cell lstm or peephole"),
        Idle("--projection 4 --cell lstm", "needs --cell projected"),
        Idle("--window 2 --cell sru", "needs --cell qrnn"),
        Idle("--rounds 4 --cell lstm", "needs --cell mogrifier"),
        Idle("--rank 4 --cell capped", "needs --cell mogrifier"),
        Idle("--rank 4 --rounds 0 --cell mogrifier", "needs --rounds of 1 or more"),
        Idle("--cap-input-gate --cell capped", "needs --cell mogrifier"),
        Idle("--residual", "needs a layer whose output has the size of its input"),
        Idle("--skip-connections", "needs two or more recurrent layers"),
        Idle("--residual --skip-connections", "has no effect with --skip-connections"),
        Idle("--dropout-latent 0.1", "needs --output-layer mixture"),
        Idle("--variational-dropout --dropout 0", "needs a rate above 0 of --dropout"),
        Idle("--initial-range 0.1 --initializer glorot", "needs --initializer uniform"),
        Idle("--output-initializer zeros --tied --hidden 6", "has no effect with --tied"),
        Idle("--epsilon 1e-7", "needs --optimizer adagrad or rmsprop or adam"),
        Idle("--random-lengths --batching windows", "needs --batching contiguous"),
        Idle("--maximum-length 5 --batching documents", "needs --batching sentences"),
        Idle("--sequence-length 4 --maximum-length 5 --batching sentences", "has no effect with --maximum-length"),
        Idle("--momentum 0.9 --optimizer adam", "needs --optimizer sgd"), Idle("--nesterov", "needs --momentum"),
        Idle("--betas 0.9,0.9", "needs --optimizer adam"), Idle("--amsgrad", "needs --optimizer adam"),
        Idle("--average-after 3", "needs --optimizer rmsprop or adam or asgd"),
        Idle("--average-after start --optimizer adagrad", "needs --optimizer rmsprop or adam or asgd"),
        Idle("--dropout-hidden 0.5 --hidden 6", "needs two or more recurrent layers"),
        Idle("--decay 0.5 --schedule constant", "has no effect with --schedule constant"),
        Idle("--decay-after 3 --schedule one-cycle", "has no effect with --schedule one-cycle"),
        Idle("--minutes 1 --epochs 2", "has no effect with --epochs"),
        Idle("--minutes 1 --resume", "has no effect with --resume, which continues the plan"),
        Idle("--reschedule", "needs --resume"), Idle("--reschedule --resume", "needs --epochs"),
        Idle("--seed 1 --seeds 1..2", "has no effect with --seeds"),
        Idle("--validation-share 0.2 --validation text", "has no effect with --validation"),
        Idle("--tensorboard t --seeds 1..2", "has no effect with --seeds"),
        Idle("--log-json j --seeds 1..2", "has no effect with --seeds"),
        Idle("--smoothing 0.1 --sampled 5", "has no effect with --sampled"),
        Idle("--temporal-penalty 1 --sequence-length 1", "needs --sequence-length of 2 or more"),
      ]
        + [
          "--checkpoint-every 9", "--profile", "--metrics accuracy", "--tensorboard x", "--log-json x",
          "--sample-every-epoch 3",
        ].map { Idle($0 + " --dry-run", "has no effect with --dry-run") } + idleTrainingRanks),
    "search": Command(
      words: "search text --hidden 8|9 --output x",
      always: [
        "--quiet", "--output", "--resume", "--overwrite", "--runs", "--reduction-factor", "--search-seed",
        "--checkpoint-every", "--threads", "--json",
      ],
      idle: []),
    "evaluate": Command(
      words: "evaluate m text", always: ["--quiet", "--state", "--threads", "--json"] + predicting,
      idle: idlePredicting + idleRanks),
    "compare": Command(
      words: "compare m m", always: ["--quiet", "--state", "--threads", "--json", "--ensemble"],
      idle: [
        Idle("--tsv --json -- text", "has no effect with --json"),
        Idle("--markdown --json -- text", "has no effect with --json"),
        Idle("--markdown --tsv -- text", "has no effect with --tsv"),
      ]),
    "prune": Command(words: "prune m", always: ["--vocabulary", "--text", "--output", "--overwrite"], idle: []),
    "generate": Command(
      words: "generate m a",
      always: [
        "--quiet",
        "--length", "--stop-token", "--forbid", "--beams", "--copied-from", "--json", "--state", "--precision",
        "--threads",
      ],
      idle: [
        "--count 2", "--stop b", "--seed 1", "--temperature 1", "--top-k 2", "--top-p 0.5", "--min-p 0.5",
        "--typical 0.5", "--repetition-penalty 2", "--force 0=a", "--load-state s",
      ].map { Idle($0 + " --beams 2", "has no effect with --beams") }
        + ["--top-k 2", "--top-p 0.5", "--min-p 0.5", "--typical 0.5"].map {
          Idle($0 + " --temperature 0", "has no effect with --temperature 0")
        } + [
          Idle("--repetition-reach 3", "needs --repetition-penalty"), Idle("--length-penalty 1", "needs --beams"),
        ]),
    "complete": Command(
      words: "complete m",
      always: ["--quiet", "--count", "--simulate", "--ignore-case", "--json", "--threads"] + predicting,
      idle: idlePredicting + [
        Idle("--context a --simulate text", "has no effect with --simulate"),
        Idle("--prefix a --simulate text", "has no effect with --simulate"),
        Idle("--load-state s --cache 3", "needs a model without adaptation or mixing"),
        Idle("--state carry --load-state s", "has no effect with --load-state"),
      ]),
    "score": Command(
      words: "score m text",
      always: ["--quiet", "--state", "--tokens", "--keep-going", "--json", "--threads"] + predicting,
      idle: idlePredicting + [
        Idle("--log-base 2 --json", "has no effect with --json"),
        Idle("--load-state s --cache 3", "needs a model without adaptation or mixing"),
        Idle("--save-state s --mix m", "needs a model without adaptation or mixing"),
        Idle("--save-state s --state reset", "needs --state carry"),
        Idle("--load-state s --state documents", "needs --state carry"),
      ] + idleRanks),
    "rescore": Command(
      words: "rescore m text",
      always: ["--quiet", "--weights", "--scores", "--tune", "--json", "--threads"] + predicting,
      idle: idlePredicting(weights: "--mix-weights")
        + ["--score-weight 1", "--model-weight 1", "--token-bonus 1"].flatMap { flag in
          ["--weights score=1", "--tune text"].map { other in
            Idle("\(flag) \(other)", "has no effect with \(other.split(separator: " ")[0])")
          }
        } + [Idle("--references text --tune text", "has no effect with --tune")]),
    "pairs": Command(
      words: "pairs letters text", always: ["--quiet", "--json", "--threads"] + predicting,
      idle: idlePredicting + [
        Idle("--verbatim", "needs a model of words"), Idle("--tsv --json", "has no effect with --json"),
      ]),
    "syntaxgym": Command(
      words: "syntaxgym letters text", always: ["--quiet", "--json", "--precision", "--threads"],
      idle: [Idle("--verbatim", "needs a model of words"), Idle("--tsv --json", "has no effect with --json")]),
    "neighbours": Command(words: "neighbours m a", always: ["--count", "--json"], idle: []),
    "ngram": Command(
      words: "ngram text --output x",
      always: [
        "--quiet",
        "--order", "--tokens-of", "--strip-sentence-marks", "--prune", "--no-discount-fallback", "--output",
        "--overwrite", "--json",
      ],
      idle: [Idle("--vocabulary text --tokens-of m", "has no effect with --tokens-of")]),
    "classify train": Command(
      words: "classify train labelled",
      always: [
        "--quiet", "--output", "--overwrite", "--method", "--validation-share", "--seed", "--json", "--threads",
      ],
      idle: [
        "--from m", "--members 2", "--tokenizer word", "--embedding 4", "--hidden 4", "--language-model-epochs 2",
        "--epochs 2", "--learning-rate 0.1", "--language-model-rate 0.1", "--dropout 0.5",
      ].map { Idle($0 + " --method naive-bayes", "has no effect with --method naive-bayes") }
        + ["--tokenizer word", "--embedding 4", "--hidden 4"].map {
          Idle($0 + " --from m", "has no effect with --from")
        }
        + ["--pooling last", "--one-direction", "--without-ngrams"].map { Idle($0, "needs --method fine-tune") }
        + [Idle("--dropout 0.5 --from m", "has no effect with --from and --method per-class")]),
    "classify evaluate": Command(
      words: "classify evaluate c text", always: ["--quiet", "--json", "--threads"], idle: []),
    "classify predict": Command(
      words: "classify predict c", always: ["--quiet", "--keep-going", "--json", "--threads"], idle: []),
    "map": Command(
      words: "map m", always: ["--quiet", "--method", "--count", "--text", "--output", "--json"],
      idle: [
        Idle("--perplexity 2 --method pca", "needs --method tsne"),
        Idle("--seed 2 --method pca", "needs --method tsne"),
        Idle("--overwrite", "needs --output"), Idle("--highlight a", "needs an --output that ends in .svg or .html"),
        Idle("--highlight a --output x.tsv", "needs an --output that ends in .svg or .html"),
      ]),
    "surprisal": Command(
      words: "surprisal m text",
      always: ["--quiet", "--html", "--json", "--state", "--precision", "--threads"],
      idle: [
        Idle("--overwrite", "needs --html"), Idle("--tsv --json", "has no effect with --json"),
        Idle("--by-word --html x", "has no effect with --html"),
        Idle("--alternatives 2 --tsv", "has no effect with --tsv"),
        Idle("--alternatives 2 --by-word", "has no effect with --by-word"),
        Idle("--with m", "needs --tsv or --by-word"), Idle("--with m --tsv --html x", "has no effect with --html"),
        Idle("--compare m", "needs --html"), Idle("--tsv --html x --compare m", "has no effect with --compare"),
        Idle("--json --html x --compare m", "has no effect with --compare"),
      ]),
    "activations": Command(
      words: "activations m text",
      always: ["--quiet", "--unit", "--gates", "--html", "--json", "--state", "--threads"],
      idle: [
        Idle("--overwrite", "needs --html"), Idle("--layer 0 --unit 0:1", "has no effect with --unit"),
      ]),
    "inspect": Command(
      words: "inspect m", always: ["--tokenizer"],
      idle: [
        Idle("--json --vocabulary", "has no effect with --vocabulary"),
        Idle("--json --tokenizer x", "has no effect with --tokenizer"),
        Idle("--vocabulary --tokenizer x", "has no effect with --tokenizer"),
        Idle("--overwrite", "needs --tokenizer"),
      ]),
    "quantize": Command(
      words: "quantize m",
      always: ["--quiet", "--output", "--precision", "--text", "--overwrite", "--json", "--threads"], idle: []
    ),
    "import": Command(
      words: "import m --vocabulary text --output x",
      always: ["--quiet", "--from", "--vocabulary", "--tokenizer", "--output", "--overwrite"],
      idle: [
        Idle("--names a,b,c --from keras", "needs --from pytorch"),
        Idle("--activation relu --from keras", "needs --from pytorch"),
        Idle("--key a --from keras", "needs a torch.save file"),
        Idle("--unknown a --from keras --tokenizer character", "has no effect with --tokenizer character"),
      ]),
    "serve": Command(
      words: "serve m",
      always: [
        "--host", "--port", "--allow-host", "--tokens-file", "--cors-origin", "--precision", "--threads",
        "--max-streams", "--max-queue", "--max-body", "--max-prompt", "--max-tokens", "--max-states",
        "--max-connections", "--state-seconds", "--request-seconds", "--transfer-seconds", "--log-level", "--log-json",
        "--configuration",
      ], idle: []),
    "export": Command(words: "export m", always: ["--output", "--onnx", "--overwrite", "--json"], idle: []),
    "reproduce": Command(
      words: "reproduce toy",
      always: ["--quiet", "--epochs", "--seed", "--dry-run", "--json", "--precision", "--threads"],
      idle: [
        Idle("--data folder", "needs a recipe with a data set, found toy"), Idle("--resume", "needs --output"),
        Idle("--resume --output x --dry-run", "has no effect with --dry-run", flag: "--output"),
      ]
        + [
          "--output x", "--profile", "--metrics accuracy", "--tensorboard x", "--log-json x", "--sample-every-epoch 3",
        ]
        .map { Idle($0 + " --dry-run", "has no effect with --dry-run") }),
    "bench peak": Command(words: "bench peak", always: ["--machine-only", "--threads", "--json"], idle: []),
    "bench train": Command(
      words: "bench train ptb",
      always: [
        "--vocabulary", "--embedding", "--hidden", "--batch", "--sequence-length", "--optimizer", "--sampled",
        "--seconds",
        "--json", "--precision", "--threads", "--cell", "--output-layer",
      ], idle: [Idle("--window 2 --cell lstm", "needs --cell qrnn")]),
    "bench generate": Command(
      words: "bench generate ptb",
      always: ["--cell", "--output-layer", "--streams", "--precision", "--json", "--threads"],
      idle: [Idle("--window 2 --cell lstm", "needs --cell qrnn")]),
    "bench score": Command(
      words: "bench score ptb",
      always: ["--cell", "--output-layer", "--streams", "--precision", "--json", "--threads"],
      idle: [Idle("--window 2 --cell lstm", "needs --cell qrnn")]),
  ]

  @Test("The table lists all flags of all commands")
  func complete() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let dumped = try HelpDump(tool).flags
    #expect(Set(dumped.keys) == Set(Self.commands.keys))
    for (name, flags) in dumped {
      let command = try #require(Self.commands[name])
      let listed = Set(command.always + command.idle.map(\.flag))
      #expect(flags.subtracting(listed).isEmpty, "\(name): not in the table")
      #expect(listed.subtracting(flags).isEmpty, "\(name): in the table alone")
    }
  }

  @Test(
    "Each flag without effect causes exit code 64 and a one-sentence error",
    arguments: commands.filter { !$0.value.idle.isEmpty }.keys.sorted())
  func idle(name: String) throws {
    let command = try #require(Self.commands[name])
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    try TinyModel.filled(
      with: 0, .character(CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "b", "\n"])))
    ).write(to: tool.path("letters"))
    try tool.write(TinyModel.text(tokenCount: 600), to: "text")
    let files = try tool.files()
    for idle in command.idle {
      let outcome = try tool.run(command.words.split(separator: " ").map(String.init) + idle.arguments)
      #expect(outcome.status == 64 && outcome.isTidy, "\(name) \(idle): \(outcome.errors)")
      #expect(
        outcome.lastLine.hasPrefix("error: \(idle.flag) ") && outcome.lastLine.contains(idle.complaint),
        "\(name) \(idle): \(outcome.lastLine)")
      #expect(try tool.files() == files, "\(name) \(idle)")
    }
  }
}
