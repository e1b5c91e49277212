internal import RulePlan
internal import Telemetry

/// A function of the rule language, as the checker, the reference and the editors' schema need it.
///
/// A new window function needs an entry in ``all``, an `Aggregate` in the plan, and a case in ``MeasureTraits``.
package struct Function: Sendable {
    enum Meaning: Sendable {
        /// A measure of a quantity: `mean(water_level, 10m)`. `fixed` is the aggregate's parameter, if no argument
        /// gives it.
        case measure(Aggregate, fixed: Double? = nil)
        /// A vote of the sensors of a group; `nil`: the first argument is the number of sensors that must agree.
        case vote(Quorum?)
        case silent, suspect, share, coverage, quality, alarm, countAlarms
        case clock(Instruction.Operation)
        case parameter
        case absolute, squareRoot, logarithm, exponential, power, clamp, select
    }

    /// The kind of value that an argument must be.
    enum Parameter: Sendable {
        /// The name of a quantity, or `raw` and the name.
        case quantity
        /// A duration for which readings are kept.
        case window
        /// A duration from now into the future.
        case lookahead
        /// A duration after which the weight of a reading has fallen to 37 %.
        case timeConstant
        /// A number from 0 to 1.
        case part
        case sensorCount
        case condition
        /// The name of a rule, in quotes.
        case rule
        case level
        /// The name of a parameter of the inventory.
        case parameter
        case number

        /// Set if a number with a unit of time is a duration here: `10m` is ten minutes, and elsewhere ten metres.
        var isDuration: Bool {
            switch self {
            case .window, .lookahead, .timeConstant: true
            case .quantity, .part, .sensorCount, .condition, .rule, .level, .parameter, .number: false
            }
        }
    }

    package var name: String
    /// `mean(q, w)`
    package var signature: String
    package var summary: String
    /// The cost of a reading, in words, for the reference.
    package var cost: String
    /// The memory that it takes, in words, for the reference.
    package var memory: String
    var parameters: [Parameter]
    /// The parameters of a call with fewer arguments, if there is such a form.
    var shortForm: [Parameter]?
    /// True if it may also be called without any argument.
    var mayBeEmpty = false
    var meaning: Meaning

    /// Returns whether an argument, counted from 0, is a duration.
    func takesDuration(at index: Int) -> Bool {
        [parameters, shortForm ?? []].contains { index < $0.count && $0[index].isDuration }
    }

    /// A call of the function as an example for messages: `mean(water_level, 10m)`.
    var example: String {
        var arguments: [String] = []
        for parameter in parameters {
            switch parameter {
            case .quantity: arguments.append("water_level")
            case .window, .timeConstant: arguments.append("10m")
            case .lookahead: arguments.append("2h")
            case .part: arguments.append("0.95")
            case .sensorCount: arguments.append("2")
            case .condition: arguments.append("water_level > 3 m")
            case .rule: arguments.append("\"river-high\"")
            case .level: arguments.append("warning")
            case .parameter: arguments.append("flood_stage")
            // Functions of numbers have names for them.
            case .number: return signature
            }
        }
        return "\(name)(\(arguments.joined(separator: ", ")))"
    }

    package static func named(_ name: String) -> Function? { byName[name] }
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let moments = "constant, shared by mean, sum, stddev, slope, zscore and forecast"
    private static let sums = "the samples, once for all; 40 bytes a window"
    private static let lines = "the samples, once for all; 72 bytes a window"
    private static let nothing = "nothing of its own"
    private static let samples = "the samples, once for all"

    /// All functions, in the order of the reference.
    package static let all: [Function] = [
        Function(
            name: "mean", signature: "mean(q, w)",
            summary: "the mean of the readings",
            cost: moments, memory: sums,
            parameters: [.quantity, .window], meaning: .measure(.mean)),
        Function(
            name: "min", signature: "min(q, w)",
            summary: "the smallest reading",
            cost: "constant on average; one queue for all windows",
            memory: "the samples, and those with no smaller one after them",
            parameters: [.quantity, .window], meaning: .measure(.minimum)),
        Function(
            name: "max", signature: "max(q, w)",
            summary: "the largest reading",
            cost: "constant on average; one queue for all windows",
            memory: "the samples, and those with no larger one after them",
            parameters: [.quantity, .window], meaning: .measure(.maximum)),
        Function(
            name: "sum", signature: "sum(q, w)",
            summary: "the sum of the readings: rain of an hour, from a gauge that sends what fell",
            cost: moments, memory: sums,
            parameters: [.quantity, .window], meaning: .measure(.sum)),
        Function(
            name: "count", signature: "count(q, w)",
            summary:
                "the number of readings; 0 if there are none; unknown until the gateway has run for that long",
            cost: "constant", memory: samples,
            parameters: [.quantity, .window], meaning: .measure(.count)),
        Function(
            name: "coverage", signature: "coverage(q, w)",
            summary:
                """
                the part of the expected readings that came and passed their tests, at most 100 %; expected are those \
                that the device's interval promises
                """,
            cost: "constant", memory: samples,
            parameters: [.quantity, .window], meaning: .coverage),
        Function(
            name: "quality", signature: "quality(q, w) or quality(q)",
            summary:
                """
                the part of the expected readings that came and are beyond doubt: none of their tests failed or was \
                suspicious. Without a window: over the last hour, or over twenty intervals if that is longer
                """,
            cost: "constant", memory: "the samples of good and of poor readings, once for all",
            parameters: [.quantity, .window], shortForm: [.quantity], meaning: .quality),
        Function(
            name: "stddev", signature: "stddev(q, w)",
            summary: "the standard deviation of the population; needs two readings",
            cost: moments, memory: sums,
            parameters: [.quantity, .window], meaning: .measure(.deviation)),
        Function(
            name: "median", signature: "median(q, w)",
            summary: "the value in the middle",
            cost: "√n in the window's readings",
            memory: "the samples, and their values in order: 8 bytes each, plus half of that in reserve",
            parameters: [.quantity, .window], meaning: .measure(.quantile, fixed: 0.5)),
        Function(
            name: "quantile", signature: "quantile(q, 0.95, w)",
            summary:
                """
                the value that a part of the readings does not exceed; exact, and between two readings on a \
                straight line
                """,
            cost: "√n in the window's readings", memory: "as median, once for all quantiles of a window",
            parameters: [.quantity, .part, .window], meaning: .measure(.quantile)),
        Function(
            name: "first", signature: "first(q, w)",
            summary: "the oldest reading",
            cost: "constant", memory: samples,
            parameters: [.quantity, .window], meaning: .measure(.first)),
        Function(
            name: "last", signature: "last(q, w)",
            summary: "the newest reading",
            cost: "constant", memory: samples,
            parameters: [.quantity, .window], meaning: .measure(.last)),
        Function(
            name: "delta", signature: "delta(q, w)",
            summary:
                """
                the newest reading minus the value at the window's beginning, which lies on a straight line \
                between the readings around it
                """,
            cost: "constant", memory: samples,
            parameters: [.quantity, .window], meaning: .measure(.delta)),
        Function(
            name: "slope", signature: "slope(q, w)",
            summary: "the rise of the line of least squares, per time; needs two readings of different times",
            cost: moments, memory: lines,
            parameters: [.quantity, .window], meaning: .measure(.slope)),
        Function(
            name: "increase", signature: "increase(q, w)",
            summary:
                """
                how much a counter has counted: jitter and single wrong readings do not count, a fall is a reset \
                to zero, and a step over a gap longer than the window is spread over the gap
                """,
            cost: "constant", memory: "the samples; 40 bytes a window",
            parameters: [.quantity, .window], meaning: .measure(.increase)),
        Function(
            name: "rate", signature: "rate(q, w)",
            summary: "the increase divided by the time that it took",
            cost: "constant", memory: "as increase",
            parameters: [.quantity, .window], meaning: .measure(.rate)),
        Function(
            name: "time_mean", signature: "time_mean(q, w)",
            summary: """
                the mean over time, along straight lines between the readings: correct also for irregular readings
                """,
            cost: "constant", memory: "the samples; 40 bytes a window",
            parameters: [.quantity, .window], meaning: .measure(.timeMean)),
        Function(
            name: "integral", signature: "integral(q, w)",
            summary: "the area under straight lines between the readings: value times time",
            cost: "constant", memory: "as time_mean",
            parameters: [.quantity, .window], meaning: .measure(.integral)),
        Function(
            name: "changes", signature: "changes(q, w)",
            summary: "how often a reading differed from the one before",
            cost: "constant", memory: "the samples; 40 bytes a window",
            parameters: [.quantity, .window], meaning: .measure(.changes)),
        Function(
            name: "zscore", signature: "zscore(q, w)",
            summary: "the distance of the newest reading from the mean, in standard deviations",
            cost: moments, memory: sums,
            parameters: [.quantity, .window], meaning: .measure(.standardScore)),
        Function(
            name: "forecast", signature: "forecast(q, w, ahead)",
            summary: "the value of the line of least squares after the time ahead",
            cost: moments, memory: lines,
            parameters: [.quantity, .window, .lookahead], meaning: .measure(.forecast)),
        Function(
            name: "ewma", signature: "ewma(q, tau)",
            summary: "the mean with weights that fall with age, to 37 % after tau; unknown while the sensor is silent",
            cost: "constant, one exponential", memory: "40 bytes",
            parameters: [.quantity, .timeConstant], meaning: .measure(.smoothed)),
        Function(
            name: "share", signature: "share(A, w)",
            summary:
                """
                the part of the time in which A was true, of the time in which A was known; unknown until A was \
                known for half of the window
                """,
            cost: "the changes of A in the window, when A is evaluated",
            memory: "16 bytes for each change of A in the window",
            parameters: [.condition, .window], meaning: .share),
        Function(
            name: "age", signature: "age(q)",
            summary: "the age of the newest reading, counting the time in which the gateway ran",
            cost: "constant; compared with a time, by timer", memory: samples,
            parameters: [.quantity], meaning: .measure(.age)),
        Function(
            name: "silent", signature: "silent(q, 5m), silent(5m) or silent()",
            summary:
                """
                no reading for that long while the gateway ran; it becomes true at that moment, by timer, and is \
                never true for a quantity that the group does not have. `silent(5m)`: any sensor of the group's \
                devices is silent; `silent()`: for longer than it may be by its profile and the inventory
                """,
            cost: "constant", memory: samples,
            parameters: [.quantity, .window], shortForm: [.window], mayBeEmpty: true, meaning: .silent),
        Function(
            name: "suspect", signature: "suspect(q)",
            summary: "the newest reading of a sensor of the group is suspect",
            cost: "constant", memory: nothing,
            parameters: [.quantity], meaning: .suspect),
        Function(
            name: "any", signature: "any(A)",
            summary: "A is true for at least one sensor of the group",
            cost: "when A changes for a sensor", memory: "a state a sensor",
            parameters: [.condition], meaning: .vote(.atLeast(1))),
        Function(
            name: "all", signature: "all(A)",
            summary: "A is true for every sensor of the group",
            cost: "when A changes for a sensor", memory: "a state a sensor",
            parameters: [.condition], meaning: .vote(.all)),
        Function(
            name: "at_least", signature: "at_least(2, A) or at_least(2, A, 0.5)",
            summary:
                """
                A is true for at least that many sensors of the group: voting, as in 2oo3. The third number is what \
                the vote of a sensor counts whose newest reading is suspect; without it such a vote counts 1
                """,
            cost: "when A changes for a sensor", memory: "a state a sensor",
            parameters: [.sensorCount, .condition, .part], shortForm: [.sensorCount, .condition], meaning: .vote(nil)),
        Function(
            name: "spread", signature: "spread(q)",
            summary:
                """
                how far the sensors of the group disagree: the largest newest reading minus the smallest; needs \
                two sensors
                """,
            cost: "the sensors of the group", memory: samples,
            parameters: [.quantity], meaning: .measure(.spread)),
        Function(
            name: "alarm", signature: "alarm(\"rule\", warning)",
            summary:
                "another rule has an alarm at that level or higher, in the same group or in one that shares its labels",
            cost: "when that alarm changes", memory: nothing,
            parameters: [.rule, .level], shortForm: [.rule], meaning: .alarm),
        Function(
            name: "count_alarms", signature: "count_alarms(\"rule\", watch)",
            summary: "the number of such alarms",
            cost: "when one of them changes", memory: nothing,
            parameters: [.rule, .level], shortForm: [.rule], meaning: .countAlarms),
        Function(
            name: "param", signature: "param(name) or param(name, 3 m)",
            summary:
                """
                the device's or the group's own number from the inventory, such as the level at which the river \
                floods there. Without a second value the rule leaves out the groups that have no such number, and \
                `tocsin check` names them
                """,
            cost: "none: it is a constant in each group", memory: "a copy of the rule's program for each set of values",
            parameters: [.parameter, .number], shortForm: [.parameter], meaning: .parameter),
        Function(
            name: "hour", signature: "hour()",
            summary: "the hour of the day, 0 to 23, in the site's time zone",
            cost: "by timer, at the full hour", memory: nothing,
            parameters: [], meaning: .clock(.hour)),
        Function(
            name: "weekday", signature: "weekday()",
            summary: "the day of the week, 1 for Monday to 7 for Sunday, in the site's time zone",
            cost: "by timer, at the full hour", memory: nothing,
            parameters: [], meaning: .clock(.weekday)),
        Function(
            name: "abs", signature: "abs(x)",
            summary: "x without its sign",
            cost: "constant", memory: nothing,
            parameters: [.number], meaning: .absolute),
        Function(
            name: "sqrt", signature: "sqrt(x)",
            summary: "the square root; unknown for a value below zero",
            cost: "constant", memory: nothing,
            parameters: [.number], meaning: .squareRoot),
        Function(
            name: "ln", signature: "ln(x)",
            summary: "the natural logarithm of a plain number",
            cost: "constant", memory: nothing,
            parameters: [.number], meaning: .logarithm),
        Function(
            name: "exp", signature: "exp(x)",
            summary: "e to a plain number",
            cost: "constant", memory: nothing,
            parameters: [.number], meaning: .exponential),
        Function(
            name: "pow", signature: "pow(x, 2)",
            summary: "x to a power, which must be a whole number if x has a unit",
            cost: "constant", memory: nothing,
            parameters: [.number, .number], meaning: .power),
        Function(
            name: "clamp", signature: "clamp(x, low, high)",
            summary: "x, but not below low nor above high",
            cost: "constant", memory: nothing,
            parameters: [.number, .number, .number], meaning: .clamp),
        Function(
            name: "if", signature: "if(A, x, y)",
            summary: "x where A is true, y where it is false",
            cost: "constant", memory: nothing,
            parameters: [.condition, .number, .number], meaning: .select),
    ]
}
