package import AlarmModel
package import Telemetry

/// What the site says of itself in its CAP messages, and how its hazards and levels are put there.
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
    /// Who may have it, for scope Restricted; whom it is for, for scope Private.
    package var restriction: String?
    package var addresses: [String]
    /// What a person should know of an exercise.
    package var note: String?
    package var contact: String?
    /// The language of the rules' own texts.
    package var language: String
    /// How long a message is good for without another.
    package var validity: TimeSpan
    /// How far around its devices an alarm's circle reaches, in kilometres.
    package var radius: Double
    /// By hazard: the category that CAP has for it, and what the event is called.
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

    /// CAP 1.2, 3.2.2: Met includes flood, Geo includes landslide; what is not known here is Other.
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
