internal import Foundation

/// The envelope of every escalation: CloudEvents 1.0.2 in its JSON format
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).
package struct CloudEvent: Codable, Sendable, Equatable {
    package static let contentType = "application/cloudevents+json; charset=utf-8"
    package static let schema = "urn:tocsin:schema:escalation:1"

    package var specversion: String
    package var id: String
    package var source: String
    package var type: String
    package var subject: String
    package var time: String
    package var datacontenttype: String
    package var dataschema: String
    package var data: EscalationMessage

    package init(_ message: EscalationMessage) {
        specversion = "1.0"
        id = message.id
        // A URI reference: what a site's name may hold beside letters and digits is escaped.
        source = "/tocsin/" + (message.site.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? "site")
        type = "tocsin.alarm.\(message.transition.kind)"
        subject = message.alarm.id
        time = message.transition.recorded
        datacontenttype = "application/json"
        dataschema = Self.schema
        data = message
    }

    package var json: String { CanonicalJSON.text(self) }

    /// Reads what ``json`` has written.
    /// - Returns: `nil` if it is something else.
    package static func read(_ text: String) -> CloudEvent? { CanonicalJSON.value(CloudEvent.self, text) }
}
