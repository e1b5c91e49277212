/// The keys of one entry of a device's maintenance schedule.
package enum MaintenanceKey: String, MappingKey {
    case days, from, to, except, begin, end, quantities, reason

    package static let title = "a maintenance time"
    package static let alternatives: [[MaintenanceKey]] = [[.from, .to], [.days], [.begin, .end]]

    package var isRequired: Bool { self == .reason }

    package var meaning: String {
        switch self {
        case .days: "The days of the week, such as mon-fri. Default: every day."
        case .from: "When it begins on these days, by the site's clock: \"02:00\"."
        case .to: "When it ends: \"02:20\". If that is not later, it ends on the day after."
        case .except: "Days on which it does not take place."
        case .begin: "For one that takes place once: when it begins, by the site's clock: 2027-03-01 08:00."
        case .end: "When it ends: 2027-03-01 17:00."
        case .quantities: "What is in maintenance then. Default: all that the device measures."
        case .reason: "Why, for operators: daily zero check."
        }
    }

    package var form: KeyForm {
        switch self {
        case .days:
            .oneOrMore(
                .written(
                    words: Self.weekdays,
                    pattern: "^(\(Self.weekdays.joined(separator: "|")))(-(\(Self.weekdays.joined(separator: "|"))))?$",
                    examples: ["mon-fri"]))
        case .from, .to: .written(words: [], pattern: "^\\d{1,2}:\\d{2}$", examples: ["02:00"])
        case .except: .oneOrMore(.day)
        case .begin, .end:
            .written(words: [], pattern: "^\\d{4}-\\d{2}-\\d{2}([ T].*)?$", examples: ["2027-03-01 08:00"])
        case .quantities: .oneOrMore(.quantity)
        case .reason: .text
        }
    }

    private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
}
