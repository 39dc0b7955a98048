/// Standard input.
package enum StandardInput {
  /// An action to perform before standard input is read.
  ///
  /// A task-local value that is a closure itself crashes in optimised builds of Swift 6.3.
  package struct Notice: Sendable {
    let give: @Sendable () -> Void

    package init(_ give: @escaping @Sendable () -> Void) { self.give = give }
  }

  /// The notice that a program gives when it waits for standard input; nil if there is none.
  @TaskLocal package static var notice: Notice?

  /// Gives the notice, before standard input is read.
  static func willBeRead() { notice?.give() }
}
