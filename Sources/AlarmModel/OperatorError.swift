/// Why what an operator asked for was not done, in words for them.
package struct OperatorError: Error, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
