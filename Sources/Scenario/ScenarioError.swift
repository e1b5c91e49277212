/// Something that keeps a scenario from being played.
package struct ScenarioError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
