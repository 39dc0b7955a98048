import Foundation
import MynahIO
import MynahInference
import MynahTensors

/// The terminal while a text is typed with suggestions: keys are read one by one and not echoed.
struct CompletionTerminal: ~Copyable {
  private var original = termios()
  /// The bytes of an incomplete character.
  private var held: [UInt8] = []

  /// Sets the terminal to read single keys.
  ///
  /// - Throws: `CommandError.noTerminal`.
  init() throws {
    guard unsafe tcgetattr(STDIN_FILENO, &original) == 0 else { throw CommandError.noTerminal }
    var raw = original
    // Ctrl-C is read as a key too: a signal would leave the terminal without echo.
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
    guard unsafe tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 else { throw CommandError.noTerminal }
  }

  /// Restores the terminal.
  deinit {
    var original = original
    _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &original)
  }

  /// Returns the next key; nil at the end of the input or at Ctrl-C or Ctrl-D.
  mutating func key() -> TypingSession.Key? {
    while true {
      var byte: UInt8 = 0
      let count = unsafe read(STDIN_FILENO, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { return nil }
      switch byte {
      case 3, 4: return nil
      case 9: return .take(0)
      case 10, 13: return .lineEnd
      case 8, 127: return .backspace
      case 27: if let key = escape() { return key }
      case 0..<32: continue
      default: if let letter = letter(byte) { return .letter(letter) }
      }
    }
  }

  /// Returns the key of an escape sequence: Alt and a digit are sent as Escape and the digit.
  private func escape() -> TypingSession.Key? {
    var byte: UInt8 = 0
    guard unsafe read(STDIN_FILENO, &byte, 1) == 1 else { return nil }
    if (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(byte) { return .take(Int(byte - UInt8(ascii: "1"))) }
    // Skip other sequences, such as arrow keys: a bracket, digits and semicolons, then a letter or a tilde.
    while byte == UInt8(ascii: "[") || byte == UInt8(ascii: ";") || (48...57).contains(byte) {
      guard unsafe read(STDIN_FILENO, &byte, 1) == 1 else { break }
    }
    return nil
  }

  private mutating func letter(_ byte: UInt8) -> Character? {
    held.append(byte)
    guard let text = String(validating: held, as: UTF8.self) else {
      if held.count >= 4 { held = [] }
      return nil
    }
    held = []
    return text.first
  }

  /// Draws the line and the suggestions below it, with the cursor at the end of the line.
  func draw(_ session: TypingSession) throws {
    let room = max(10, Terminal.width - 3)
    let line = String(session.line.suffix(room))
    let suggestions = session.suggestions.enumerated().map { index, suggestion in
      "\(index == 0 ? "Tab" : "Alt-\(index + 1)") \(suggestion.text.visible) \((100 * suggestion.probability).brief) %"
    }
    let below = String(suggestions.joined(separator: "   ").prefix(room))
    try StandardOutput.write("\r\u{1B}[J> \(line)\n\u{1B}[2m  \(below)\u{1B}[0m\u{1B}[A\r\u{1B}[\(line.count + 2)C")
  }

  /// Ends the line and begins a new one.
  func leave(_ line: String) throws {
    try StandardOutput.write("\r\u{1B}[J> \(line)\n")
  }
}
