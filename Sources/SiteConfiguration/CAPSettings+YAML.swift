internal import AlarmModel
internal import Diagnostics
internal import Telemetry
internal import Uplink

extension CAPSettings {
    static func read(_ reader: inout YAMLReader, _ ladder: Ladder) -> CAPSettings? {
        let sender = reader.required("sender")
        if let sender, !CAPSettings.isName(sender.string) {
            reader.report(
                "bad-sender", "a CAP sender cannot contain spaces, commas, '<' or '&'", at: sender.location,
                hint: "write a name such as tocsin@flood.example.org")
        }
        // A message to the public must say itself whether it is real: there is no default.
        let status = word(&reader, "status", Status.self)
        if status == nil, reader.node("status") == nil {
            reader.reportMissing("status", "Actual, Exercise or Test")
        }
        var settings = CAPSettings(sender: sender?.string ?? "", status: status ?? .test, ladder: ladder)
        settings.scope = word(&reader, "scope", Scope.self) ?? .isPublic
        settings.senderName = reader.string("sender_name")
        settings.restriction = reader.string("restriction")
        settings.addresses = reader.items("addresses").compactMap(\.scalar?.string)
        settings.note = reader.string("note")
        settings.contact = reader.string("contact")
        settings.language = reader.string("language") ?? settings.language
        settings.validity = reader.span("valid_for") ?? settings.validity
        let radius = reader.value("radius_km", expected: "kilometres from 0 to 1000") {
            Double($0).flatMap { 0...1000 ~= $0 ? $0 : nil }
        }
        settings.radius = radius ?? settings.radius
        settings.categories = categories(&reader)
        for (hazard, event) in reader.strings("events") { settings.events[hazard.string] = event.string }
        settings.reportMissingTexts(&reader)
        return sender == nil ? nil : settings
    }

    /// Reads a value that is one of the words of an enumeration.
    private static func word<T: RawRepresentable & CaseIterable>(
        _ reader: inout YAMLReader, _ key: String, _ type: T.Type
    ) -> T? where T.RawValue == String {
        let words = T.allCases.map(\.rawValue).joined(separator: ", ")
        return reader.value(key, expected: "one of \(words)") { T(rawValue: $0) }
    }

    /// The CAP category of each hazard.
    private static func categories(_ reader: inout YAMLReader) -> [String: String] {
        var categories: [String: String] = [:]
        for (hazard, category) in reader.strings("categories") {
            if !CAPSettings.categoryNames.contains(category.string) {
                reader.report(
                    "bad-category", "'\(category.string)' is not a category of CAP", at: category.location,
                    hint: "write one of \(CAPSettings.categoryNames.joined(separator: ", "))")
            }
            categories[hazard.string] = category.string
        }
        return categories
    }

    /// Reports texts that the scope or the status needs (CAP 1.2, 3.2.1).
    private func reportMissingTexts(_ reader: inout YAMLReader) {
        if scope == .restricted, restriction == nil {
            reader.report("missing-key", "scope Restricted needs 'restriction': who may receive the message")
        }
        if scope == .isPrivate, addresses.isEmpty {
            reader.report("missing-key", "scope Private needs 'addresses': who receives the message")
        }
        if status == .exercise, note == nil {
            reader.report("missing-key", "status Exercise needs 'note': the name of the exercise")
        }
    }
}
