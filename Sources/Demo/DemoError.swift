/// The reason why the demo cannot be played.
package struct DemoError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
