package import AlarmModel
package import Telemetry

/// The facts about the site for its CAP messages, and the CAP terms for its hazards and levels.
package struct CAPSettings: Sendable {
    package enum Status: String, Sendable, CaseIterable {
        case actual = "Actual", exercise = "Exercise", system = "System", test = "Test", draft = "Draft"
    }
    package enum Scope: String, Sendable, CaseIterable {
        case isPublic = "Public", restricted = "Restricted", isPrivate = "Private"
    }

    /// Unique in the world, without spaces, commas, `<` and `&`: by custom an address at a domain of the issuer's.
    package var sender: String
    package var senderName: String?
    package var status: Status
    package var scope: Scope
    /// The restriction for scope Restricted; the addressees for scope Private.
    package var restriction: String?
    package var addresses: [String]
    /// The note for people about an exercise.
    package var note: String?
    package var contact: String?
    /// The language of the rules' own texts.
    package var language: String
    /// The time for which a message is valid without another.
    package var validity: TimeSpan
    /// The radius of an alarm's circle around its devices, in kilometres.
    package var radius: Double
    /// The CAP category and the name of the event, by hazard.
    package var categories: [String: String]
    package var events: [String: String]
    /// The names of the levels, lowest first.
    package var ladder: Ladder

    package init(sender: String, status: Status, ladder: Ladder) {
        self.sender = sender
        self.status = status
        self.ladder = ladder
        scope = .isPublic
        addresses = []
        language = "en"
        validity = .hours(12)
        radius = 1
        categories = [:]
        events = [:]
    }

    package static let categoryNames = [
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
    ]

    /// The categories of CAP 1.2, 3.2.2: Met includes flood, Geo includes landslide; an unknown hazard is Other.
    static let standardCategories = [
        "flood": "Met", "storm": "Met", "rain": "Met", "wind": "Met", "snow": "Met", "avalanche": "Geo",
        "landslide": "Geo",
        "earthquake": "Geo", "volcano": "Geo", "tsunami": "Geo", "fire": "Fire", "smoke": "Fire", "wildfire": "Fire",
        "gas": "Safety",
        "pollution": "Env", "radiation": "CBRNE", "chemical": "CBRNE", "health": "Health", "power": "Infra",
        "dam": "Infra",
    ]

    func category(of hazard: String) -> String { categories[hazard] ?? Self.standardCategories[hazard] ?? "Other" }

    /// A sender, or an identifier, may hold no spaces, no commas and neither `<` nor `&` (CAP 1.2, 3.2.1).
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "," || $0 == "<" || $0 == "&" }
    }
}
