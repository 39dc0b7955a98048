/// The words of the demo language. The word classes are disjoint, and no word that can follow “a” begins with a vowel.
extension DemoLanguage {
  typealias Inflected = (one: String, many: String)

  static let women = words("anna clara emma julia maria nora sofia vera")
  static let men = words("adam david felix henry leo oscar peter simon")

  static let animals = inflected(
    """
    badger badgers bear bears beaver beavers camel camels cat cats chicken chickens cow cows crab crabs dog dogs
    dolphin dolphins donkey donkeys dragon dragons fox foxes frog frogs giraffe giraffes goat goats goose geese
    horse horses kitten kittens lion lions lizard lizards monkey monkeys mouse mice parrot parrots penguin penguins
    pig pigs rabbit rabbits squirrel squirrels tiger tigers wolf wolves
    """)

  /// Transitive verbs whose object is a person or an animal.
  static let meets = inflected(
    """
    admires admire avoids avoid chases chase fears fear follows follow greets greet helps help imitates imitate
    misses miss praises praise protects protect teaches teach trusts trust visits visit warns warn watches watch
    """)

  /// Transitive verbs whose object is a thing.
  static let uses = inflected(
    """
    borrows borrow breaks break carries carry cleans clean drops drop guards guard hides hide paints paint
    pushes push repairs repair sells sell steals steal
    """)

  /// Intransitive verbs.
  static let rests = inflected(
    """
    dances dance dreams dream giggles giggle hesitates hesitate hums hum jumps jump laughs laugh naps nap
    shivers shiver sings sing sleeps sleep sneezes sneeze snores snore stumbles stumble waits wait wanders wander
    """)

  static let adjectives = words(
    """
    big brave calm clever curious friendly gentle grumpy happy hungry lazy little lonely noisy proud quiet shy silly
    sleepy young
    """)

  static let adverbs = words("again alone badly beautifully gladly loudly often politely slowly softly suddenly today")
  static let prepositions = words("at behind beside by near outside")

  static let locations = words(
    """
    barn beach bridge castle church forest fountain garden harbour hill kitchen lake library market meadow museum river
    school station tower
    """)

  static let things = words(
    """
    apple basket bell blanket book bottle candle chair clock cup drum hammer hat kite ladder lamp letter mirror pillow
    pumpkin rope spoon suitcase umbrella
    """)

  private static func words(_ list: String) -> [String] { list.split { $0.isWhitespace }.map(String.init) }

  private static func inflected(_ list: String) -> [Inflected] {
    let forms = words(list)
    return stride(from: 0, to: forms.count, by: 2).map { (forms[$0], forms[$0 + 1]) }
  }
}
