internal import RulePlan
internal import Telemetry

/// A function of the rule language: what the checker, the reference and the editors' schema know of it.
package struct Function: Sendable {
    enum Meaning: Sendable {
        /// Over a window of a quantity: `mean(water_level, 10m)`. `result` is the type for a quantity of that
        /// dimension, or `nil` where it makes no sense.
        case window(Aggregate, result: @Sendable (Dimension) -> ValueType?)
        case quantile, forecast, smoothed, age, silent, spread
        case share, any, all, atLeast, alarm, countAlarms
        case clock(Instruction.Operation)
        case absolute, squareRoot, logarithm, exponential, power, clamp, select
    }

    package var name: String
    /// `mean(q, w)`
    package var signature: String
    package var summary: String
    /// What a reading costs and what is kept, in words: for the reference.
    package var cost: String
    package var memory: String
    var meaning: Meaning

    /// Whether an argument, counted from 0, is a length of time: `10m` is ten minutes there, and ten metres elsewhere.
    func takesDuration(at index: Int) -> Bool {
        switch meaning {
        case .window, .smoothed, .share: index == 1
        case .silent: index <= 1
        case .quantile: index == (name == "median" ? 1 : 2)
        case .forecast: index == 1 || index == 2
        default: false
        }
    }

    package static func named(_ name: String) -> Function? { byName[name] }
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let plain: @Sendable (Dimension) -> ValueType? = { .number($0, isPoint: $0 == .temperature) }
    private static let difference: @Sendable (Dimension) -> ValueType? = { .number($0, isPoint: false) }
    private static let pure: @Sendable (Dimension) -> ValueType? = { _ in .number(.one, isPoint: false) }
    private static let perTime: @Sendable (Dimension) -> ValueType? = { .number($0 / .time, isPoint: false) }

    private static let moments = "constant, shared by mean, sum, stddev, slope, zscore and forecast"
    private static let sums = "the samples, once for all; 40 bytes a window"
    private static let lines = "the samples, once for all; 72 bytes a window"
    private static let nothing = "nothing of its own"
    private static let samples = "the samples, once for all"

    package static let all: [Function] = [
        Function(
            name: "mean", signature: "mean(q, w)", summary: "the mean of the readings", cost: moments, memory: sums,
            meaning: .window(.mean, result: plain)),
        Function(
            name: "min", signature: "min(q, w)", summary: "the smallest reading",
            cost: "constant on average; one queue for all windows",
            memory: "the samples, and those that no later one undercuts", meaning: .window(.minimum, result: plain)),
        Function(
            name: "max", signature: "max(q, w)", summary: "the largest reading",
            cost: "constant on average; one queue for all windows",
            memory: "the samples, and those that no later one surpasses", meaning: .window(.maximum, result: plain)),
        // The sum of temperatures depends on where their scale begins: it has no meaning.
        Function(
            name: "sum", signature: "sum(q, w)",
            summary: "the sum of the readings: rain of an hour, from a gauge that sends what fell",
            cost: moments, memory: sums,
            meaning: .window(.sum, result: { $0 == .temperature ? nil : .number($0, isPoint: false) })),
        Function(
            name: "count", signature: "count(q, w)",
            summary:
                "how many readings there are; 0 where there are none; unknown before the gateway has listened for that long",
            cost: "constant", memory: samples, meaning: .window(.count, result: pure)),
        Function(
            name: "stddev", signature: "stddev(q, w)",
            summary: "the standard deviation of the population; from two readings on",
            cost: moments, memory: sums, meaning: .window(.deviation, result: difference)),
        Function(
            name: "median", signature: "median(q, w)", summary: "the value in the middle",
            cost: "√n in the window's readings",
            memory: "the samples, and their values in order: 8 bytes each, half as much again spare",
            meaning: .quantile),
        Function(
            name: "quantile", signature: "quantile(q, 0.95, w)",
            summary:
                "the value that a part of the readings does not exceed; exact, between two readings by a straight line",
            cost: "√n in the window's readings", memory: "as median, once for all quantiles of a window",
            meaning: .quantile),
        Function(
            name: "first", signature: "first(q, w)", summary: "the oldest reading", cost: "constant", memory: samples,
            meaning: .window(.first, result: plain)),
        Function(
            name: "last", signature: "last(q, w)", summary: "the newest reading", cost: "constant", memory: samples,
            meaning: .window(.last, result: plain)),
        Function(
            name: "delta", signature: "delta(q, w)",
            summary:
                "the newest reading less the value at the window's beginning, on a straight line between the readings around it",
            cost: "constant",
            memory: samples, meaning: .window(.delta, result: difference)),
        Function(
            name: "slope", signature: "slope(q, w)",
            summary: "the rise of the line of least squares, per time; from two readings of different times on",
            cost: moments,
            memory: lines, meaning: .window(.slope, result: perTime)),
        Function(
            name: "increase", signature: "increase(q, w)",

            summary:
                "what a counter has counted: jitter and single wrong readings count nothing, a fall is a reset to zero, and a step over a gap longer than the window is spread over the gap",
            cost: "constant", memory: "the samples; 40 bytes a window", meaning: .window(.increase, result: difference)),
        Function(
            name: "rate", signature: "rate(q, w)", summary: "increase by the time that it took, per time",
            cost: "constant",
            memory: "as increase", meaning: .window(.rate, result: perTime)),
        Function(
            name: "time_mean", signature: "time_mean(q, w)",
            summary: "the mean over time, along straight lines between the readings: right where they come irregularly",
            cost: "constant", memory: "the samples; 40 bytes a window", meaning: .window(.timeMean, result: plain)),
        Function(
            name: "integral", signature: "integral(q, w)",
            summary: "the area under straight lines between the readings: value times time",
            cost: "constant", memory: "as time_mean",
            meaning: .window(.integral, result: { $0 == .temperature ? nil : .number($0 * .time, isPoint: false) })),
        Function(
            name: "changes", signature: "changes(q, w)", summary: "how often a reading differed from the one before",
            cost: "constant",
            memory: "the samples; 40 bytes a window", meaning: .window(.changes, result: pure)),
        Function(
            name: "zscore", signature: "zscore(q, w)",
            summary: "how many standard deviations the newest reading lies from the mean",
            cost: moments, memory: sums, meaning: .window(.standardScore, result: pure)),
        Function(
            name: "forecast", signature: "forecast(q, w, ahead)",
            summary: "where the line of least squares will be in the time ahead",
            cost: moments, memory: lines, meaning: .forecast),
        Function(
            name: "ewma", signature: "ewma(q, tau)",
            summary: "the mean with weights that fall with age, to 37 % after tau; unknown while the sensor is silent",
            cost: "constant, one exponential", memory: "40 bytes", meaning: .smoothed),
        Function(
            name: "share", signature: "share(A, w)",
            summary:
                "the part of the time that A held, of that in which it was known; unknown before half of the window is",
            cost: "the changes of A in the window, when A is evaluated",
            memory: "16 bytes for each change of A in the window",
            meaning: .share),
        Function(
            name: "age", signature: "age(q)",
            summary: "how old the newest reading is, in time in which the gateway listened",
            cost: "constant; compared with a time, by timer",
            memory: samples, meaning: .age),
        Function(
            name: "silent", signature: "silent(q, 5m) or silent(5m)",
            summary:
                "no reading for that long while the gateway listened; true at that moment, by timer; never of a quantity that the group does not have. `silent(5m)`: a sensor of the device, or of any device of the group, is silent, whatever it measures",
            cost: "constant", memory: samples, meaning: .silent),
        Function(
            name: "any", signature: "any(A)", summary: "A holds for at least one sensor of the group",
            cost: "when A changes for a sensor",
            memory: "a state a sensor", meaning: .any),
        Function(
            name: "all", signature: "all(A)", summary: "A holds for every sensor of the group",
            cost: "when A changes for a sensor",
            memory: "a state a sensor", meaning: .all),
        Function(
            name: "at_least", signature: "at_least(2, A)",
            summary: "A holds for that many sensors of the group: voting, as 2oo3",
            cost: "when A changes for a sensor", memory: "a state a sensor", meaning: .atLeast),
        Function(
            name: "spread", signature: "spread(q)",
            summary:
                "how far the sensors of the group disagree: the largest newest reading less the smallest; from two sensors on",
            cost: "the sensors of the group", memory: samples, meaning: .spread),
        Function(
            name: "alarm", signature: "alarm(\"rule\", warning)",
            summary:
                "another rule's alarm, of that level or higher, in the same group or in one that shares its labels",
            cost: "when that alarm changes",
            memory: nothing, meaning: .alarm),
        Function(
            name: "count_alarms", signature: "count_alarms(\"rule\", watch)", summary: "how many of them",
            cost: "when one of them changes",
            memory: nothing, meaning: .countAlarms),
        Function(
            name: "hour", signature: "hour()", summary: "the hour of the day, 0 to 23, in the site's time zone",
            cost: "by timer, at the full hour",
            memory: nothing, meaning: .clock(.hour)),
        Function(
            name: "weekday", signature: "weekday()",
            summary: "the day of the week, 1 for Monday to 7 for Sunday, in the site's time zone",
            cost: "by timer, at the full hour", memory: nothing, meaning: .clock(.weekday)),
        Function(
            name: "abs", signature: "abs(x)", summary: "x without its sign", cost: "constant", memory: nothing,
            meaning: .absolute),
        Function(
            name: "sqrt", signature: "sqrt(x)", summary: "the square root; of what is below zero unknown",
            cost: "constant",
            memory: nothing,
            meaning: .squareRoot),
        Function(
            name: "ln", signature: "ln(x)", summary: "the natural logarithm of a plain number", cost: "constant",
            memory: nothing,
            meaning: .logarithm),
        Function(
            name: "exp", signature: "exp(x)", summary: "e to a plain number", cost: "constant", memory: nothing,
            meaning: .exponential),
        Function(
            name: "pow", signature: "pow(x, 2)", summary: "x to a power; a whole one where x has a unit",
            cost: "constant", memory: nothing,
            meaning: .power),
        Function(
            name: "clamp", signature: "clamp(x, low, high)", summary: "x, but not below low nor above high",
            cost: "constant",
            memory: nothing,
            meaning: .clamp),
        Function(
            name: "if", signature: "if(A, x, y)", summary: "x where A is true, y where it is false", cost: "constant",
            memory: nothing,
            meaning: .select),
    ]
}
