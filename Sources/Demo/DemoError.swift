/// What keeps the demo from being played.
package struct DemoError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
