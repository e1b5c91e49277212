internal import AlarmModel
internal import Escalation
internal import Foundation
internal import FoundationXML
internal import Telemetry

/// A message of the Common Alerting Protocol 1.2 (OASIS, 1 July 2010,
/// <https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html>) for one escalation.
///
/// The first message of an alarm is an Alert, later ones are Updates, and its end is a Cancel; each refers to all
/// earlier messages. A transition that only concerns the operators, such as an acknowledgement or a shelving, makes
/// no message.
struct CAPMessage {
    enum Kind: String { case alert = "Alert", update = "Update", cancel = "Cancel" }

    var kind: Kind
    var xml: String
    /// The identifier, always the same for the same escalation.
    var identifier: String
}

struct CAPWriter: Sendable {
    let settings: CAPSettings

    /// Writes the message of an escalation.
    /// - Parameter earlier: the messages of the same alarm to the same destination before, oldest first.
    /// - Returns: `nil` where the escalation makes no message.
    /// - Throws: ``DeliveryError``, permanent, if it cannot be read.
    func message(for outgoing: OutgoingMessage, after earlier: [OutgoingMessage]) throws(DeliveryError) -> CAPMessage? {
        let notice = try outgoing.notice()
        // The messages before an earlier escalation decide if it made one itself.
        var references: [String] = []
        for message in earlier {
            guard case .notice(let before) = message.content,
                Self.kind(of: before, isFirst: references.isEmpty) != nil
            else {
                continue
            }
            references.append(
                "\(settings.sender),\(Self.identifier(message.identity)),\(Self.time(message.created))")
        }
        guard let kind = Self.kind(of: notice, isFirst: references.isEmpty) else { return nil }
        let identifier = Self.identifier(outgoing.identity)
        let root = XMLElement(name: "alert")
        if let namespace = XMLNode.namespace(withName: "", stringValue: "urn:oasis:names:tc:emergency:cap:1.2")
            as? XMLNode
        {
            root.addNamespace(namespace)
        }
        root.add("identifier", identifier)
        root.add("sender", settings.sender)
        root.add("sent", Self.time(outgoing.created))
        root.add("status", settings.status.rawValue)
        root.add("msgType", kind.rawValue)
        root.add("source", "tocsin \(notice.site)")
        root.add("scope", settings.scope.rawValue)
        if settings.scope == .restricted { root.add("restriction", settings.restriction) }
        if !settings.addresses.isEmpty {
            root.add("addresses", settings.addresses.map(Self.quoted).joined(separator: " "))
        }
        root.add("note", settings.note)
        if !references.isEmpty { root.add("references", references.joined(separator: " ")) }
        root.add("incidents", Self.identifier(notice.alarm.id))
        root.addChild(info(notice, outgoing.created, language: settings.language, text: nil))
        for (language, text) in notice.texts.sorted(by: { $0.key < $1.key })
        where language != settings.language {
            root.addChild(info(notice, outgoing.created, language: language, text: text))
        }
        let document = XMLDocument(rootElement: root)
        document.version = "1.0"
        document.characterEncoding = "UTF-8"
        return CAPMessage(
            kind: kind, xml: String(decoding: document.xmlData(options: .nodePrettyPrint), as: UTF8.self),
            identifier: identifier)
    }

    private static func kind(of notice: AlarmNotice, isFirst: Bool) -> CAPMessage.Kind? {
        let kind = notice.transition.kind
        if notice.alarm.cleared != nil { return isFirst || kind == .acknowledged ? nil : .cancel }
        if isFirst { return .alert }
        switch kind {
        case .raised, .rose, .fell, .noData, .uncertain, .certain, .unshelved, .released, .inService: return .update
        case .sensors, .chattering, .calm, .cleared, .acknowledged, .shelved, .suppressed, .outOfService, .retired:
            // A repeat of any of these shows that the alarm is still active.
            return (notice.step?.repetition ?? 0) > 0 ? .update : nil
        }
    }

    private func info(_ notice: AlarmNotice, _ sent: Instant, language: String, text: AlarmText?) -> XMLElement {
        let info = XMLElement(name: "info")
        let hazard = notice.alarm.hazard
        let grade = CAPGrade(notice, ladder: settings.ladder)
        info.add("language", language)
        info.add("category", settings.category(of: hazard))
        info.add("event", text?.hazard ?? settings.events[hazard] ?? hazard.capitalized)
        // A language with its own text takes only the instruction in that text.
        let instruction = text == nil ? notice.instruction : text?.instruction
        info.add("responseType", grade.responseType(hasInstruction: notice.instruction != nil))
        info.add("urgency", grade.urgency)
        info.add("severity", grade.severity)
        info.add("certainty", grade.certainty)
        info.add("onset", Self.time(notice.transition.time))
        info.add("expires", Self.time(sent + settings.validity))
        info.add("senderName", settings.senderName)
        info.add("headline", String((text?.summary ?? notice.summary).prefix(160)))
        info.add("description", description(notice, text))
        if grade.isActive { info.add("instruction", instruction) }
        info.add("web", notice.runbook.flatMap { URL(string: $0)?.scheme != nil ? $0 : nil })
        info.add("contact", settings.contact)
        for (name, value) in [
            ("tocsin:alarm", notice.alarm.id), ("tocsin:rule", notice.alarm.rule),
            ("tocsin:level", notice.transition.to),
        ] {
            let parameter = XMLElement(name: "parameter")
            parameter.add("valueName", name)
            parameter.add("value", value)
            info.addChild(parameter)
        }
        info.addChild(area(notice))
        return info
    }

    private func description(_ notice: AlarmNotice, _ text: AlarmText?) -> String {
        var lines = [text?.summary ?? notice.summary]
        if text == nil, !notice.causes.isEmpty {
            lines.append("Because " + notice.causes.map(\.sentence).joined(separator: "; ") + ".")
        }
        return lines.joined(separator: "\n")
    }

    /// The area that the devices span, or a circle around them; without positions, its name alone.
    private func area(_ notice: AlarmNotice) -> XMLElement {
        let area = XMLElement(name: "area")
        area.add("areaDesc", Self.areaNames(notice).joined(separator: ", "))
        let polygons = (notice.area?.polygons ?? []).filter { $0.count >= 3 }
        for corners in polygons {
            // A closed line of four points or more, the last the first.
            area.add("polygon", (corners + [corners[0]]).map(Self.point).joined(separator: " "))
        }
        if polygons.isEmpty, let circle = notice.area {
            area.add("circle", "\(Self.point(circle.middle)) \(Self.kilometres(circle.radius + settings.radius))")
        }
        return area
    }

    /// Returns the area's label and the parts of the group's name, each once: a group may be named after its area.
    static func areaNames(_ notice: AlarmNotice) -> [String] {
        var names: [String] = []
        let parts = [notice.labels["area"] ?? ""] + notice.alarm.group.split(separator: ",").map(String.init)
        for part in parts.map({ $0.trimmingCharacters(in: .whitespaces) }) where !part.isEmpty {
            if !names.contains(where: { $0 == part || $0.hasSuffix("/" + part) }) { names.append(part) }
        }
        // An area needs a name (CAP 1.2, 3.2.4).
        return names.isEmpty ? [notice.site] : names
    }

    private static func point(_ position: Position) -> String {
        // Adding 0 makes 0 of -0.
        String(format: "%.6f,%.6f", position.latitude + 0, position.longitude + 0)
    }

    /// Returns a length to the metre, rounded up, so that the edge stays inside.
    private static func kilometres(_ length: Double) -> String {
        var text = String(format: "%.3f", (length * 1000 - 1e-6).rounded(.up) / 1000 + 0)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// `2018-06-03T20:15:00-00:00`: to the second, and UTC written as CAP 1.2, 3.3.2 wants it.
    static func time(_ time: Instant) -> String {
        let seconds = Instant(
            nanoseconds: time.nanoseconds - (time.nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000)
        return String(seconds.description.dropLast()) + "-00:00"
    }

    /// Returns an identity as an identifier. Forbidden characters are escaped as in a URI, so that two never become
    /// one.
    static func identifier(_ identity: String) -> String {
        let allowed = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/@#+")
        return identity.addingPercentEncoding(withAllowedCharacters: allowed) ?? identity
    }

    private static func quoted(_ address: String) -> String { address.contains(" ") ? "\"\(address)\"" : address }
}

extension XMLElement {
    /// Adds an element with a text, if there is one. Characters that XML 1.0 cannot contain are left out.
    fileprivate func add(_ name: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        let holdable = String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter {
                    $0.value >= 0x20 && $0.value != 0xFFFE && $0.value != 0xFFFF || $0 == "\n" || $0 == "\t"
                }))
        addChild(XMLElement(name: name, stringValue: holdable))
    }
}
