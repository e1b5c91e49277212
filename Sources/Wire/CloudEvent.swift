internal import AlarmModel
package import Escalation
internal import Foundation

/// The envelope of every escalation: CloudEvents 1.0.2 in its JSON format
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).
package struct CloudEvent: Codable, Sendable, Equatable {
    package static let contentType = "application/cloudevents+json; charset=utf-8"
    package static let schema = "urn:tocsin:schema:escalation:1"

    package var specversion: String
    /// The escalation's identity.
    package var id: String
    package var source: String
    package var type: String
    package var subject: String
    package var time: WireTime
    package var datacontenttype: String
    package var dataschema: String
    package var data: EscalationMessage

    /// - Parameter identity: the escalation's.
    package init(_ notice: AlarmNotice, identity: String) {
        specversion = "1.0"
        id = identity
        // A URI reference: characters of the site's name other than letters and digits are escaped.
        source = "/tocsin/" + (notice.site.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? "site")
        type = "tocsin.alarm.\(notice.transition.kind.rawValue)"
        subject = notice.alarm.id
        time = WireTime(notice.transition.recorded)
        datacontenttype = "application/json"
        dataschema = Self.schema
        data = EscalationMessage(notice, identity: identity)
    }

    package var json: String { CanonicalJSON.text(self) }

    /// Reads the text of ``json``, as written by this version or an earlier one.
    /// - Returns: `nil` if it is something else.
    package static func read(_ text: String) -> CloudEvent? { CanonicalJSON.value(CloudEvent.self, text) }
}
