/// Standard input.
package enum StandardInput {
  /// Called before standard input is read, so that a program can print what it waits for.
  @TaskLocal package static var willRead: @Sendable () -> Void = {}
}
