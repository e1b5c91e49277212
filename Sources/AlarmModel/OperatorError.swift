/// The reason why an operator's command was not executed, in words for operators.
package struct OperatorError: Error, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
