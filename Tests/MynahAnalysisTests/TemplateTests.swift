import MynahAnalysis
import Testing

struct TemplateTests {
  @Test("Each placeholder is replaced once, and values are not searched for placeholders")
  func filled() {
    #expect(Template(Array("{{a}}-{{b}}{{a}} {".utf8)).filled(["a": "{{b}}", "b": "1"]) == "{{b}}-1{{b}} {")
    #expect(Template([]).filled([:]).isEmpty && Template(Array("no {{end".utf8)).filled([:]) == "no {{end")
  }
}
