internal import Devices
internal import Diagnostics
internal import Telemetry

// Rules as a whole: their names, levels, devices and texts. Sorted by name.
extension RuleProblem {
    static func alarmCycle(_ rules: [String]) -> RuleProblem {
        RuleProblem(
            "alarm-cycle", "rules ask for each other's alarms in a circle: \(rules.joined(separator: " → "))",
            hint: "remove 'alarm' or 'count_alarms' from one of them")
    }

    static let clearBySilence = RuleProblem(
        .warning, "clear-by-silence",
        """
        'clear' only asks whether readings come, but a level of this rule measures something: silence does not \
        clear an alarm
        """,
        hint: "say below which value the alarm is over, as in water_level < 2.4 m for 10m")

    static func clearOverlaps(level: String) -> RuleProblem {
        RuleProblem(
            .warning, "clear-overlaps",
            "'clear' and '\(level)' can be true at once: the alarm would come and go around the threshold",
            hint: "leave a gap between the two")
    }

    static func deviceWithoutGroup(_ device: Device, rule: String, missing label: String) -> RuleProblem {
        RuleProblem(
            "no-group",
            """
            '\(device.id)' is in no group of the rule '\(rule)', which would not watch it: it has no '\(label)', \
            which the rule's 'for_each' needs
            """,
            hint: "give the device a '\(label)', or exclude it with the rule's 'where'")
    }

    static func duplicateLet(_ name: String, first: SourceLocation?) -> RuleProblem {
        duplicate("duplicate-let", "definitions", name, first: first)
    }

    static func duplicateRule(_ name: String, first: SourceLocation?) -> RuleProblem {
        duplicate("duplicate-rule", "rules", name, first: first)
    }

    /// - Parameters:
    ///   - label: the label of `where` that no device has with the wanted value, if that is the reason.
    ///   - value: the wanted value.
    ///   - values: the values that devices have.
    static func idleRule(_ rule: String, unmet: (label: String, value: String, values: [String])?) -> RuleProblem {
        let suggestion = unmet.map {
            NearMiss.suggestion(for: $0.value, among: $0.values, list: "the values of '\($0.label)' are", listMax: 8)
        }
        return RuleProblem(
            .warning, "idle-rule", "'\(rule)' selects no device, so it does nothing", hint: suggestion?.hint)
    }

    /// - Parameter groups: the groups with such parameters.
    static func implausibleParameter(of quantity: String, in groups: [String]) -> RuleProblem {
        RuleProblem(
            .warning, "implausible-threshold",
            """
            in \(listed(groups)) this is never true: the parameter is outside of the plausible range of \(quantity), \
            and readings there do not count
            """,
            hint: "correct the parameter, or 'plausible'")
    }

    static func labelHasNoUnit(_ name: String) -> RuleProblem {
        RuleProblem("summary-unit", "'\(name)' is a label, which has no unit")
    }

    static func labelNotShared(_ name: String, group: String, forEach labels: [String]) -> RuleProblem {
        RuleProblem(
            .warning, "label-not-shared",
            "the devices of the group '\(group)' differ in '\(name)', which is shown as '?'",
            hint: "name a label of 'for_each': \(labels.joined(separator: ", "))")
    }

    static func letHidesQuantity(_ name: String) -> RuleProblem {
        RuleProblem("let-hides-quantity", "'\(name)' is already a quantity: give the 'let' another name")
    }

    static let neverTrue = RuleProblem(.warning, "never-true", "this condition can never be true")

    static let noInput = RuleProblem("no-input", "the rule uses no reading and no alarm")

    /// - Parameters:
    ///   - groups: the first groups without a sensor, as text.
    ///   - more: the number of further groups.
    static func noSensor(_ quantity: String, in groups: [String], more: Int) -> RuleProblem {
        RuleProblem(
            .warning, "no-sensor",
            """
            nothing measures '\(quantity)' in \
            \(groups.joined(separator: ", "))\(more > 0 ? " and \(more) more" : ""): expressions that use it are \
            unknown there, and silent(\(quantity), …) is never true
            """,
            hint: "make a rule for each kind of device, with 'where'; silent(30m) is for any sensor")
    }

    static func parameterDiffers(_ name: String, group: String, _ first: String, _ second: String) -> RuleProblem {
        RuleProblem(
            "parameter-differs",
            "'\(first)' and '\(second)' have different values of '\(name)', and are both in the group '\(group)'",
            hint: "make 'for_each' smaller, ask each sensor with any(…), or give the group one value")
    }

    /// - Parameter names: the groups, or the devices that vote.
    static func parameterMissing(_ name: String, in names: [String]) -> RuleProblem {
        RuleProblem(
            .warning, "parameter-missing",
            "the rule does not watch \(listed(names)): the parameter '\(name)' is missing there",
            hint: "add it in the inventory, or a value for all that have none: param(\(name), …)")
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }

    static func unknownLabel(_ name: String, among labels: Set<String>) -> RuleProblem {
        RuleProblem(
            "unknown-label", "no device has a label '\(name)'",
            NearMiss.suggestion(for: name, among: labels.sorted(), list: "the labels are"))
    }

    static func unknownPolicy(_ name: String, among policies: Set<String>) -> RuleProblem {
        RuleProblem(
            "unknown-policy", "there is no escalation policy '\(name)' in the policies file",
            NearMiss.suggestion(for: name, among: policies, list: nil))
    }

    static func unknownSummaryName(_ name: String, among names: Set<String>) -> RuleProblem {
        RuleProblem(
            "unknown-summary-name", "'\(name)' is neither a label nor a 'let'",
            NearMiss.suggestion(for: name, among: names, list: nil))
    }

    static func unreachableLevel(_ level: String, below higher: String) -> RuleProblem {
        RuleProblem(
            .warning, "unreachable-level",
            "the alarm can never be at '\(level)': '\(higher)' holds whenever it does",
            hint: "check whether their thresholds are swapped")
    }

    /// - Parameter groups: the groups whose parameters are in such an order.
    static func unreachableLevel(_ level: String, below higher: String, in groups: [String]) -> RuleProblem {
        RuleProblem(
            .warning, "unreachable-level",
            "in \(listed(groups)) '\(level)' is never seen, because '\(higher)' holds whenever it does",
            hint: "compare the parameters there")
    }

    static let untilOverlaps = RuleProblem(
        .warning, "until-overlaps",
        "'until' can be true while 'when' is: the level would come and go around the threshold",
        hint: "leave a gap between the two")

    static func unusedLet(_ name: String) -> RuleProblem {
        RuleProblem(.warning, "unused-let", "'\(name)' is not used")
    }

    static func valueHasNoUnit(_ name: String, _ type: ValueType) -> RuleProblem {
        RuleProblem("summary-unit", "'\(name)' is \(type.name), which has no unit")
    }

    static func wrongUnit(_ name: String, _ type: ValueType, in unit: Unit, possible: Unit) -> RuleProblem {
        RuleProblem(
            "summary-unit", "'\(name)' is \(type.name), but \(unit.symbol) is a unit of \(unit.dimension.name)",
            hint: "write a unit such as '\(name) in \(possible.symbol)'")
    }

    private static func duplicate(
        _ id: String, _ things: String, _ name: String, first: SourceLocation?
    ) -> RuleProblem {
        let diagnostic = Diagnostic.duplicate(id: id, things, named: name, at: nil, first: first)
        var problem = RuleProblem(id, diagnostic.message, hint: diagnostic.hint)
        problem.notes = diagnostic.notes
        return problem
    }
}
