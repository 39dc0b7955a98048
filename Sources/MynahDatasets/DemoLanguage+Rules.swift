/// The rules of the demo language.
///
/// Singular and plural phrases agree with their verbs; `.herself` and similar suffixes mark the pronoun that refers to
/// a subject.
extension DemoLanguage {
  static var rules: String {
    [sentences, nounPhrases, relativeClauses, predicates, namesRecalled, wordClasses].joined(separator: "\n")
  }

  /// Statements, questions, and quotations of either.
  private static let sentences = """
    Sentence: 66 Statement . <eos> | 17 Question ? <eos> | 17 “ Quotation . <eos>
    Quotation: 70 Statement , ” SaysOne Speaker | 30 Question ? ” AsksOne Speaker
    Speaker: 1 Woman ToHerself | 1 Man ToHimself
    ToHerself: 7 | 3 to herself
    ToHimself: 7 | 3 to himself
    Statement: 27 SubjectOne PredicateOne.itself | 27 SubjectMany PredicateMany.themselves \
    | 17 NamedWoman PredicateOne.herself | 17 NamedMan PredicateOne.himself | 12 when Recalled
    Question: 6 does Asked | 4 do SubjectMany PredicateMany.themselves
    Asked: 6 SubjectOne PredicateMany.itself | 2 NamedWoman PredicateMany.herself | 2 NamedMan PredicateMany.himself
    """

  private static let nounPhrases = """
    SubjectOne: 1 PlainOne RelativeOne
    SubjectMany: 1 PlainMany RelativeMany
    PlainOne: 1 ArticleOne Quality AnimalOne
    PlainMany: 1 ArticleMany Quality AnimalMany
    Quality: 6 | 4 Adjective
    NamedWoman: 1 Woman Aside
    NamedMan: 1 Man Aside
    Name: 1 Woman | 1 Man
    Anyone: 4 PlainOne | 4 PlainMany | 2 Name
    Something: 1 the Quality Thing
    """

  private static let relativeClauses = """
    RelativeOne: 6 | 4 that WithinOne
    RelativeMany: 6 | 4 that WithinMany
    WithinOne: 4 MeetsOne Anyone | 2 PlainOne MeetsOne | 3 PlainMany MeetsMany | 1 Name MeetsOne
    WithinMany: 4 MeetsMany Anyone | 2 PlainOne MeetsOne | 3 PlainMany MeetsMany | 1 Name MeetsOne
    Aside: 7 | 3 , who AsideBody ,
    AsideBody: 1 MeetsOne Anyone | 1 UsesOne Something
    """

  /// The predicates for each verb form and each pronoun of the subject; in questions, singular subjects take the plural
  /// form.
  private static var predicates: String {
    let combinations = [
      ("One", "itself"), ("One", "herself"), ("One", "himself"),
      ("Many", "themselves"), ("Many", "itself"), ("Many", "herself"), ("Many", "himself"),
    ]
    let forms = combinations.map { form, pronoun in
      "Predicate\(form).\(pronoun): 4 Rests\(form) Manner Place"
        + " | 4 Meets\(form) AnyoneOr.\(pronoun) | 2 Uses\(form) Something Place"
    }
    let objects = ["itself", "herself", "himself", "themselves"].map { "AnyoneOr.\($0): 7 Anyone | 3 \($0)" }
    let places = ["Manner: 6 | 4 Adverb", "Place: 6 | 4 Preposition the Quality Location"]
    return (forms + objects + places).joined(separator: "\n")
  }

  /// Clauses such as “anna sleeps , she dreams” and “anna sleeps , anna dreams”, which refer to the same name twice.
  private static var namesRecalled: String {
    let people = women.map { ($0, "she", "herself") } + men.map { ($0, "he", "himself") }
    let names =
      "Recalled: "
      + people.map { name, _, _ in "1 \(name) RestsOne Manner Place , Again.\(name)" }.joined(separator: " | ")
    let again = people.map { name, pronoun, reflexive in
      "Again.\(name): 7 \(pronoun) PredicateOne.\(reflexive) | 3 \(name) PredicateOne.\(reflexive)"
    }
    return ([names] + again).joined(separator: "\n")
  }

  /// Word classes; in most of them, all words are equally probable.
  private static var wordClasses: String {
    func rule(_ name: String, _ words: [String]) -> String {
      "\(name): " + words.map { "1 \($0)" }.joined(separator: " | ")
    }
    let classes = [
      rule("Woman", women), rule("Man", men), rule("Adjective", adjectives), rule("Adverb", adverbs),
      rule("Preposition", prepositions), rule("Location", locations), rule("Thing", things),
      rule("SaysOne", ["says", "shouts", "sighs", "whispers"]), rule("AsksOne", ["asks", "wonders"]),
      "ArticleOne: 4 a | 2 this | 1 every | 1 one",
      "ArticleMany: 3 some | 2 these | 1 many | 1 two | 1 three",
    ]
    let inflected = [("Animal", animals), ("Meets", meets), ("Uses", uses), ("Rests", rests)].flatMap { name, pairs in
      [rule(name + "One", pairs.map(\.one)), rule(name + "Many", pairs.map(\.many))]
    }
    return (classes + inflected).joined(separator: "\n")
  }
}
