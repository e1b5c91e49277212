internal import Devices
internal import Diagnostics
internal import RulePlan
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

extension Aggregate {
    /// Whether its value lies between the lowest and the highest reading of its window.
    fileprivate var isAmongReadings: Bool {
        switch self {
        case .mean, .minimum, .maximum, .first, .last, .quantile, .timeMean, .smoothed: true
        case .sum, .count, .deviation, .slope, .delta, .increase, .rate, .integral, .changes, .standardScore, .forecast,
            .age, .spread:
            false
        }
    }
}

extension ExpressionChecker {
    /// Warns of a threshold that no reading can pass, since readings beyond the plausible range are not evaluated.
    mutating func warnOfImplausible(
        _ sign: BinaryOperator, _ left: CheckedExpression, _ right: CheckedExpression, _ place: Place
    ) {
        var (measure, limit, sign) = (left, right, sign)
        if case .constant = left { (measure, limit, sign) = (right, left, sign.mirrored) }
        guard case .measure(let measured) = measure, case .constant(let literal) = limit,
            measured.measure.aggregate.isAmongReadings,
            !measured.isRaw, let range = selection.plausible[measured.quantity.name]
        else { return }
        let unit = measured.quantity.unit
        let threshold = literal.value(in: unit)
        let isAbove =
            (sign == .greater && threshold >= range.upperBound)
            || (sign == .greaterOrEqual && threshold > range.upperBound)
        let isBelow =
            (sign == .less && threshold <= range.lowerBound) || (sign == .lessOrEqual && threshold < range.lowerBound)
        guard isAbove || isBelow else { return }
        let own = ownUnit(of: measured.quantity, unit.dimension, isPoint: unit.dimension == .temperature)
        let (factor, summand) = unit.conversion(to: own)
        let limits = [range.lowerBound, range.upperBound].map {
            "\(NumberText.short($0 * factor + summand)) \(own.symbol)"
        }
        problems.append(
            Diagnostic(
                .warning, id: "implausible-threshold",
                "this can never be true: a \(measured.quantity.name) outside \(limits[0]) .. \(limits[1]) is taken for a fault of the sensor, and rules do not see it",
                at: place.location, hint: "widen 'plausible' in the profile or the inventory, or is it another unit?"))
    }

    /// Warns of a window that holds too few readings, at the interval at which they come.
    mutating func warnOfFewReadings(
        _ quantity: String, _ aggregate: Aggregate, _ function: String, over window: TimeSpan, at place: Place
    ) {
        guard let needed = aggregate.readingsNeeded, let known = selection.intervals[quantity], known.interval > .zero
        else { return }
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
