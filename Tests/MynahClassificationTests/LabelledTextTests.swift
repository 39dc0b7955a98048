import MynahClassification
import TestSupport
import Testing

@Suite("Labelled texts")
struct LabelledTextTests {
  @Test("Only the first tab parts, and lines end with line feeds alone")
  func reading() throws {
    let folder = ScratchFolder.self
    let scratch = try folder.init()
    let path = try scratch.put(Array("ham\ta\tb \"c\"\r\nspam\tx\u{2028}y\u{85}\n".utf8), as: "f")
    let text = try LabelledText(at: path)
    #expect(text.examples.map(\.label) == ["ham", "spam"])
    #expect(text.examples.map(\.text) == ["a\tb \"c\"", "x\u{2028}y\u{85}"])
    #expect(text.examples.map(\.line) == [1, 2])
  }
}
