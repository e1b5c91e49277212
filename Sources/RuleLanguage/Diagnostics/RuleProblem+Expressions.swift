internal import AlarmModel
internal import Devices
internal import Diagnostics
internal import RulePlan
internal import Telemetry

private let comparisonAdvice = "compare it with something, as in water_level > 3 m"

// The meaning of expressions: names, dimensions, calls of functions. Sorted by name.
extension RuleProblem {
    static let ageOfParameter = RuleProblem(
        "age-of-parameter", "an age cannot be compared with a parameter",
        hint: "give the device a 'silence' of its own in the inventory, and ask silent(q, 5m) or 'no_data'")

    static func argumentCount(_ function: Function, given: Int) -> RuleProblem {
        let taken = function.parameters.count
        let counts =
            (function.mayBeEmpty ? ["0"] : []) + (function.shortForm.map { ["\($0.count)"] } ?? []) + ["\(taken)"]
        let takes =
            taken == 0
            ? "no arguments"
            : "\(counts.joined(separator: " or ")) argument\(counts == ["1"] ? "" : "s")"
        let advice =
            given < taken && function.parameters.dropFirst(given).first == .window
            ? "add a window, as in \(function.example)" : "write \(function.example)"
        return RuleProblem(
            "arguments",
            "'\(function.name)' takes \(takes), but \(given) \(given == 1 ? "was" : "were") given", hint: advice)
    }

    static func badNumber(_ function: Function, expected: String) -> RuleProblem {
        RuleProblem("bad-number", "'\(function.name)' takes \(expected) here", hint: "write \(function.example)")
    }

    static func cannotAdd(_ sign: BinaryOperator, _ left: ValueType, _ right: ValueType) -> RuleProblem {
        let message =
            sign == .add
            ? "\(left.name) and \(right.name) cannot be added"
            : "\(right.name) cannot be subtracted from \(left.name)"
        return RuleProblem("dimensions", message, hint: "both sides must be of the same kind")
    }

    static func cannotCompare(_ left: ValueType, _ right: ValueType, unitOfLeft: Unit?) -> RuleProblem {
        RuleProblem(
            "dimensions", "\(left.name) cannot be compared with \(right.name)",
            hint: unitOfLeft.map { "the left side is in units such as \($0.symbol)" })
    }

    static func choiceOfKinds(_ first: ValueType, _ second: ValueType) -> RuleProblem {
        RuleProblem(
            "dimensions", "'if' chooses between \(first.name) and \(second.name): both must be of one kind")
    }

    static func clampOfKinds(_ dimension: Dimension, _ limit: Dimension) -> RuleProblem {
        RuleProblem("dimensions", "\(dimension.name) cannot be clamped to \(limit.name)")
    }

    static let conditionalOfNothing = RuleProblem(
        "conditional", "only a number, or a comparison of numbers, can be unknown unless something is true",
        hint: "write 'A and B' for what must both be true")

    static func coverageOfUnpromised(_ quantity: String) -> RuleProblem {
        RuleProblem(
            "coverage",
            """
            nobody can say how many readings of '\(quantity)' are expected: it is an event, has a 'silence' of its \
            own, or comes at a rate that the payload names
            """,
            hint: "write count(\(quantity), 1h) >= 5, or age(\(quantity)) < 10 min")
    }

    static func coverageOfWhat(_ quantities: [String]) -> RuleProblem {
        RuleProblem(
            "coverage",
            quantities.isEmpty
                ? "there is no window before this 'if' whose coverage could be meant"
                : "there are several windows before this 'if' (of \(quantities.joined(separator: ", ")))",
            hint: "name the quantity and the window, as in coverage(water_level, 1h)")
    }

    static func durationArgument(_ function: Function) -> RuleProblem {
        RuleProblem(
            "duration", "'\(function.name)' takes a duration here, such as 90s, 10m or 2h",
            hint: "write \(function.example)")
    }

    static let emptyWindow = RuleProblem("empty-window", "a window must be longer than zero")

    static func implausibleThreshold(_ quantity: String, from low: String, to high: String) -> RuleProblem {
        RuleProblem(
            .warning, "implausible-threshold",
            """
            this can never be true: rules do not see a \(quantity) outside \(low) .. \(high), because it counts \
            as a fault of the sensor
            """,
            hint: "check the threshold's unit, or widen 'plausible' in the profile or the inventory")
    }

    static func kind(
        _ kind: QuantityKind, of quantity: String, _ function: Function, _ instead: String
    ) -> RuleProblem {
        let what: String =
            switch kind {
            case .state: "a state that goes up and down"
            case .counter: "a counter, whose readings are totals"
            case .increment: "an increment: each reading is an amount since the last"
            case .event: "an event, which is over when it is reported"
            }
        return RuleProblem(
            .warning, "quantity-kind", "'\(quantity)' is \(what): \(function.name) of it is probably not what you mean",
            hint: "did you mean \(instead)?")
    }

    static func letIsNotQuantity(_ name: String, _ function: Function) -> RuleProblem {
        RuleProblem("not-a-quantity", "'\(function.name)' takes a quantity, but '\(name)' is a 'let'")
    }

    static func meaningless(_ function: Function, of quantity: String) -> RuleProblem {
        RuleProblem(
            "meaningless", "the \(function.name) of temperatures has no meaning",
            hint: "write mean(\(quantity), 10m), or another measure")
    }

    /// - Parameters:
    ///   - corrections: the number with each unit that may be meant.
    ///   - senders: the devices with the units that they send; empty if all send the same.
    static func missingUnit(_ value: ValueType, corrections: [String], senders: [String]) -> RuleProblem {
        let texts = corrections.map { "'\($0)'" }.joined(separator: " or ")
        return RuleProblem(
            "missing-unit", "\(value.name) cannot be compared with a plain number",
            hint: "write \(texts)" + (senders.isEmpty ? "" : ": \(senders.joined(separator: ", "))"),
            fix: corrections.count == 1 ? corrections[0] : nil)
    }

    static let nestedVote = RuleProblem(
        "nested-vote", "a vote cannot be taken inside a vote: its condition is asked of a single sensor")

    static func newestOfEvent(_ quantity: String) -> RuleProblem {
        RuleProblem(
            .warning, "quantity-kind",
            "'\(quantity)' is an event, over when it is reported: its newest value would hold until the next one",
            hint: "did you mean max(\(quantity), 10m)?")
    }

    static func noSquareRoot(_ dimension: Dimension) -> RuleProblem {
        RuleProblem("dimensions", "\(dimension.name) has no square root")
    }

    static func notCondition(_ found: ValueType) -> RuleProblem {
        RuleProblem(
            "not-a-condition", "a condition is expected here, but this is \(found.name)", hint: comparisonAdvice)
    }

    static func notConditionArgument(_ function: Function) -> RuleProblem {
        RuleProblem(
            "not-a-condition", "'\(function.name)' takes a condition here", hint: "write \(function.example)")
    }

    /// - Parameter part: the part of a rule: `a level`.
    static func notConditionOf(_ part: String, _ found: ValueType) -> RuleProblem {
        RuleProblem(
            "not-a-condition", "\(part) must be true or false, but this is \(found.name)", hint: comparisonAdvice)
    }

    static let nothingToBeSilent = RuleProblem(
        "no-quantity", "no device of this selection sends anything that could be silent")

    static func notNumberArgument(_ function: Function) -> RuleProblem {
        RuleProblem("not-a-number", "'\(function.name)' takes a number, but this is a condition")
    }

    static func notNumbers(_ sign: BinaryOperator, _ left: ValueType, _ right: ValueType) -> RuleProblem {
        RuleProblem(
            "not-a-number", "'\(sign.rawValue)' takes two numbers, but these are \(left.name) and \(right.name)")
    }

    static func notNumberWithSign(_ found: ValueType) -> RuleProblem {
        RuleProblem("not-a-number", "only a number can have a sign, but this is \(found.name)")
    }

    static let notParameter = RuleProblem(
        "not-a-parameter", "'param' takes the name of a parameter of the inventory", hint: "write param(flood_stage)")

    static func notPlainExponent(_ found: Dimension) -> RuleProblem {
        RuleProblem("dimensions", "an exponent must be a plain number, but this is \(found.name)")
    }

    static func notPlainNumber(_ function: Function, _ found: Dimension) -> RuleProblem {
        RuleProblem(
            "dimensions", "'\(function.name)' takes a plain number, but this is \(found.name)",
            hint: "divide it by one of its units first, as in x / 1 m")
    }

    static func notQuantity(_ function: Function) -> RuleProblem {
        RuleProblem(
            "not-a-quantity", "'\(function.name)' takes the name of a quantity first",
            hint: "write \(function.example)")
    }

    static func notRule(_ function: Function) -> RuleProblem {
        RuleProblem(
            "not-a-rule", "'\(function.name)' takes the name of a rule in quotes", hint: "write \(function.example)")
    }

    static let notWholeExponent = RuleProblem(
        "dimensions", "a value with a unit can only be raised to a whole power from -4 to 4")

    static let parameterFallback = RuleProblem(
        "not-a-number", "the second value of 'param' is a number with its unit",
        hint: "write param(flood_stage, 3 m)")

    static func parameterFallbackUnit(_ name: String, _ unit: Unit, _ fallback: Unit) -> RuleProblem {
        RuleProblem(
            "dimensions",
            "'\(name)' is \(unit.dimension.name) in the inventory, and this value is \(fallback.dimension.name)",
            hint: unit.symbol.isEmpty ? nil : "write it in \(unit.symbol)")
    }

    /// - Parameter near: the question whether another name is meant.
    static func parameterOfNobody(_ name: String, _ near: String) -> RuleProblem {
        RuleProblem(
            .warning, "unknown-parameter",
            "no device of this selection has the parameter '\(name)': all of them get the rule's own value",
            hint: near)
    }

    static func qualityOfRaw(_ function: String, _ quantity: String) -> RuleProblem {
        RuleProblem(
            "quality-of-raw", "'\(function)' asks for the quality of the readings, so 'raw' has no meaning in it",
            hint: "\(function)(\(quantity))")
    }

    static func temperatureCompared(_ left: ValueType, _ right: ValueType) -> RuleProblem {
        RuleProblem("temperatures", "\(left.name) cannot be compared with \(right.name)")
    }

    static let temperatureFactor = RuleProblem(
        "temperatures", "a temperature cannot be multiplied or divided; a difference of temperatures can")

    static let temperatureFromDifference = RuleProblem(
        "temperatures", "a temperature cannot be subtracted from a difference of temperatures")

    static let temperaturesAdded = RuleProblem("temperatures", "two temperatures cannot be added")

    static let textHere = RuleProblem("text-here", "a text has no meaning here")

    static func tooLarge(termsMax: Int) -> RuleProblem {
        RuleProblem("too-large", "this expression has more than \(termsMax) terms, counting those of the names in it")
    }

    static func unknownFunction(_ name: String) -> RuleProblem {
        RuleProblem(
            "unknown-function", "there is no function '\(name)'",
            NearMiss.suggestion(for: name, among: Function.all.map(\.name)))
    }

    /// - Parameter orNone: true if `none` can be written instead of a level.
    static func unknownLevel(_ name: String, _ ladder: Ladder, orNone: Bool = false) -> RuleProblem {
        RuleProblem(
            "unknown-level", "'\(name)' is not a level of the ladder",
            NearMiss.suggestion(for: name, among: ladder.names + (orNone ? ["none"] : []), list: "the ladder is"))
    }

    /// - Parameters:
    ///   - known: the quantities of the selected devices, in order.
    ///   - definitions: the names of `let`.
    ///   - isElsewhere: true if devices outside the selection report it.
    static func unknownParameter(_ name: String, known: [String], isElsewhere: Bool) -> RuleProblem {
        var suggestion = NearMiss.suggestion(for: name, among: known, list: nil)
        if suggestion.hint == nil {
            suggestion.hint =
                isElsewhere
                ? "other devices have it: check 'where'"
                : known.isEmpty
                    ? "give it to the devices in the inventory: parameters: { \(name): 3.2 m }"
                    : "they have: \(known.joined(separator: ", "))"
        }
        return RuleProblem(
            "unknown-parameter", "'\(name)' is not a parameter of any device in this selection", suggestion)
    }

    static func unknownQuantity(
        _ name: String, known: [String], definitions: [String], isElsewhere: Bool
    ) -> RuleProblem {
        var suggestion = NearMiss.suggestion(for: name, among: known + definitions, list: nil)
        if suggestion.hint == nil, isElsewhere {
            suggestion.hint = "other devices report it: check 'where'"
        } else if suggestion.hint == nil, !known.isEmpty {
            suggestion.hint = "they report: \(known.joined(separator: ", "))"
        }
        return RuleProblem(
            "unknown-quantity", "'\(name)' is not a quantity of any device in this selection", suggestion)
    }

    static func unknownRule(_ name: String, among rules: Set<String>) -> RuleProblem {
        let suggestion = NearMiss.suggestion(for: name, among: rules, list: nil)
        return RuleProblem(
            "unknown-rule", "there is no rule '\(name)'", hint: suggestion.hint,
            fix: suggestion.fix.map { "\"\($0)\"" })
    }

    /// - Parameters:
    ///   - readings: the number of readings in the window.
    ///   - isKnown: true if that number is enough for a value.
    ///   - longer: a window that holds enough readings.
    static func windowOfFewReadings(
        _ function: Function, _ quantity: String, over window: TimeSpan, readings: Int64, of interval: ReadingInterval,
        isKnown: Bool, longer: TimeSpan?
    ) -> RuleProblem {
        let often = "\(interval.device) sends \(quantity) every \(TimeSpanText.short(interval.interval))"
        let measure = "\(function.name) over \(TimeSpanText.short(window))"
        let consequence =
            isKnown
            ? "uses only \(readings == 1 ? "one reading" : "\(readings) readings")" : "is unknown most of the time"
        return RuleProblem(
            .warning, isKnown ? "window-poor" : "window-unknown", "\(often): \(measure) \(consequence)",
            hint: longer.map { "use a window of \(TimeSpanText.short($0)) or more" })
    }

    static func windowRetention(_ retention: TimeSpan) -> RuleProblem {
        RuleProblem(
            "window-retention",
            """
            the window is longer than readings are kept (\(TimeSpanText.short(retention))): it would begin empty \
            after a restart
            """,
            hint: "shorten it, or raise 'retention' in the configuration")
    }
}
