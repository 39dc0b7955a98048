import MynahInference
import Testing

@Suite("Score weights")
struct ScoreWeightsTests {
  @Test("Weights are parsed by name, and printed weights parse back to the same bits")
  func reading() throws {
    let weights = try ScoreWeights("am=1, lm=0.7,words=.1 ,model=-5e-1")
    #expect(weights.names == ["am", "lm", "words", "model"] && weights.values == [1, 0.7, 0.1, -0.5])
    #expect(weights["lm"] == 0.7 && weights["x"] == nil)
    #expect(weights.description == "am=1,lm=0.7,words=0.1,model=-0.5")
    let odd = ScoreWeights(names: ["a", "é.1", "c"], values: [1.0 / 3, -1e-30, 12345678])
    #expect(try ScoreWeights(odd.description) == odd)
    #expect(ScoreWeights(defaultsFor: ["am"]).description == "am=1,model=1,tokens=0,words=0")
  }

  @Test(
    "Only distinct names with finite numbers are accepted",
    arguments: [
      "", "am", "am=", "=1", "am=1,", ",am=1", "am=x", "am=1;lm=2", "am=nan", "am=inf", "am=1,am=2", "0.7,0.3",
    ])
  func malformed(_ text: String) {
    #expect { try ScoreWeights(text) } throws: { error in
      if case NBestError.malformedWeights = error { "\(error)".contains("found '") } else { false }
    }
  }

  @Test("Each score needs a weight, unknown names are errors, and built-in weights default to 0")
  func vectors() throws {
    #expect(try ScoreWeights("lm=2,am=1,words=3").vector(for: ["am", "lm"]) == [1, 2, 0, 0, 3])
    #expect(try ScoreWeights("model=1").vector(for: []) == [1, 0, 0])
    #expect(throws: NBestError.missingWeights(["lm"])) { try ScoreWeights("am=1,model=1").vector(for: ["am", "lm"]) }
    #expect(throws: NBestError.unknownWeights(["x", "y"], known: ["am"])) {
      try ScoreWeights("am=1,x=1,y=0").vector(for: ["am"])
    }
    #expect(throws: NBestError.reservedName("words")) { try ScoreWeights("words=1").vector(for: ["words"]) }
  }
}
