internal import Devices
internal import Diagnostics
internal import RulePlan
internal import Telemetry

/// The interval between readings of a quantity, on the device of a rule that sends it least often.
struct ReadingInterval {
    var interval: TimeSpan
    var device: String

    /// Returns the longest interval of each quantity. Arrays of samples are left out, because a message holds several
    /// samples of them.
    static func longest(of devices: [Device]) -> [String: ReadingInterval] {
        var longest: [String: ReadingInterval] = [:]
        // The gateway's own interval is set in its configuration, and its rules take account of it.
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

extension ExpressionChecker {
    /// Warns of a threshold that no reading can pass, because readings outside the plausible range are not evaluated.
    mutating func warnOfImplausible(
        _ sign: BinaryOperator, _ left: CheckedExpression, _ right: CheckedExpression, _ range: SourceRange
    ) {
        guard let (measured, plausible) = Self.implausible(sign, left, right, selection.plausible) else { return }
        let unit = measured.quantity.unit
        let own = ownUnit(of: measured.quantity, unit.dimension, isPoint: unit.dimension == .temperature)
        let (factor, summand) = unit.conversion(to: own)
        func text(_ limit: Double) -> String { "\(NumberText.short(limit * factor + summand)) \(own.symbol)" }
        report(
            .implausibleThreshold(
                measured.quantity.name, from: text(plausible.lowerBound), to: text(plausible.upperBound)),
            at: range)
    }

    /// Finds a comparison that cannot be true.
    /// - Returns: its measure, and the plausible range that its constant is outside of; `nil` for any other comparison.
    static func implausible(
        _ sign: BinaryOperator, _ left: CheckedExpression, _ right: CheckedExpression,
        _ ranges: [String: ClosedRange<Double>]
    ) -> (MeasuredQuantity, ClosedRange<Double>)? {
        var (measure, limit, sign) = (left, right, sign)
        if case .constant = left { (measure, limit, sign) = (right, left, sign.mirrored) }
        guard case .measure(let measured) = measure, case .constant(let literal) = limit,
            MeasureTraits(of: measured.measure.aggregate).isAmongReadings, measured.selection != .all,
            let plausible = ranges[measured.quantity.name]
        else { return nil }
        let threshold = literal.value(in: measured.quantity.unit)
        let canBeTrue =
            switch sign {
            case .greater: threshold < plausible.upperBound
            case .greaterOrEqual: threshold <= plausible.upperBound
            case .less: threshold > plausible.lowerBound
            case .lessOrEqual: threshold >= plausible.lowerBound
            default: true
            }
        return canBeTrue ? nil : (measured, plausible)
    }

    /// Warns of a window that holds too few readings, given the interval at which they come.
    mutating func warnOfFewReadings(_ quantity: String, _ aggregate: Aggregate, _ call: Call, over window: TimeSpan) {
        // What the gateway measures about a device comes when there is something to say.
        guard let needed = MeasureTraits(of: aggregate).readingsNeeded, selection.sent.contains(quantity),
            let interval = selection.intervals[quantity], interval.interval > .zero
        else { return }
        let held = window.nanoseconds / interval.interval.nanoseconds
        guard held < needed.meaningful else { return }
        let (wanted, isTooLong) = interval.interval.nanoseconds.multipliedReportingOverflow(by: needed.meaningful)
        report(
            .windowOfFewReadings(
                call.function, quantity, over: window, readings: held, of: interval, isKnown: held >= needed.known,
                longer: isTooLong ? nil : TimeSpan(nanoseconds: wanted)),
            at: call.range)
    }
}
