internal import Foundation
internal import Telemetry

/// A recorded JSON object, with the members for its time and its topic.
struct RecordedPayload {
    /// A member that a topic names, but whose value a topic cannot contain.
    struct UnusableMember: Error {
        var name: String
    }

    private let members: [String: Any]

    /// `nil` if the text is not a JSON object.
    init?(_ text: String) {
        // `nil` is the answer for anything that is not JSON; the caller names file and line.
        guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
            let members = object as? [String: Any]
        else { return nil }
        self.members = members
    }

    /// The time in a member: seconds since 1970, or RFC 3339.
    func time(_ member: String) -> Instant? {
        switch members[member] {
        case let text as String: Instant(rfc3339: text.utf8)
        case let number as NSNumber: Instant(unixSeconds: number.doubleValue)
        default: nil
        }
    }

    /// Returns a topic in which each `{name}` is replaced by the member of that name.
    func fill(_ template: String) -> Result<String, UnusableMember> {
        var topic = ""
        var rest = template[...]
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: start)..<end])
            guard let text = members[name] as? String, Self.canBeName(text[...]) else {
                return .failure(UnusableMember(name: name))
            }
            topic += rest[..<start] + text
            rest = rest[rest.index(after: end)...]
        }
        return .success(topic + rest)
    }

    /// Returns `true` if a text can be a level of a topic and the name of a member.
    static func canBeName(_ text: Substring) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { !"/+#\"\\".unicodeScalars.contains($0) && $0.value >= 0x20 }
    }
}
