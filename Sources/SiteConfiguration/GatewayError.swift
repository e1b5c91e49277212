/// Something that keeps a gateway from running.
package struct GatewayError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
