internal import Devices
internal import RulePlan
internal import SourceText
internal import Telemetry

/// How often the readings of a quantity come, from the device of a rule that sends it most seldom.
struct ReadingInterval {
    var interval: TimeSpan
    var device: String

    /// By quantity. Arrays of samples come more often than their messages, and are left out.
    static func longest(of devices: [Device]) -> [String: ReadingInterval] {
        var longest: [String: ReadingInterval] = [:]
        // How often the gateway looks at itself is its configuration's, and its rules know it.
        for device in devices where !device.isGateway {
            for field in device.fields {
                if case .samples = field.source { continue }
                let known = longest[field.quantity.name]
                if known.map({ $0.interval < device.interval }) ?? true {
                    longest[field.quantity.name] = ReadingInterval(interval: device.interval, device: device.id)
                }
            }
        }
        return longest
    }
}

extension Aggregate {
    /// How many readings a window has to hold so that the value is known, and how many so that it says something.
    fileprivate var readingsNeeded: (known: Int64, telling: Int64)? {
        switch self {
        case .count, .age, .smoothed, .spread: nil
        case .deviation, .slope, .standardScore, .forecast: (2, 5)
        case .quantile: (1, 5)
        // They take what was before the window into account.
        case .delta, .increase, .rate, .changes, .timeMean, .integral: (1, 2)
        case .mean, .sum, .minimum, .maximum, .first, .last: (1, 1)
        }
    }
}

extension ExpressionChecker {
    /// Warns of a window that holds too few readings, at the interval at which they come.
    mutating func warnOfFewReadings(
        _ quantity: String, _ aggregate: Aggregate, _ function: String, over window: TimeSpan, at place: Place
    ) {
        guard let needed = aggregate.readingsNeeded, let known = intervals[quantity], known.interval > .zero else { return }
        let held = window.nanoseconds / known.interval.nanoseconds
        guard held < needed.telling else { return }
        let often = "\(known.device) sends \(quantity) every \(TimeSpanText.short(known.interval))"
        let (wanted, overflow) = known.interval.nanoseconds.multipliedReportingOverflow(by: needed.telling)
        let hint = overflow ? nil : "a window of \(TimeSpanText.short(TimeSpan(nanoseconds: wanted))) or more"
        problems.append(
            Diagnostic(
                .warning, id: held < needed.known ? "window-unknown" : "window-poor",
                held < needed.known
                    ? "\(often): \(function) over \(TimeSpanText.short(window)) is unknown most of the time"
                    : "\(often): \(function) over \(TimeSpanText.short(window)) rests on \(held == 1 ? "one reading" : "\(held) readings")",
                at: place.location, hint: hint))
    }
}
