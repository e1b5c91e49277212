import Devices
import Telemetry

/// The JSON Schema of single values, as people write them.
///
/// The reader takes every value as text, and an editor has types: `10` is a number for it, and `10m` a text. So these
/// forms accept a number also in quotes, and describe a text by a regular expression. They are less strict than the
/// reader where an expression would be hard to read: `tocsin check` finds the rest.
enum WrittenForm {
    private static let digits = #"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"#
    /// A number, and perhaps a unit. Which units there are, `tocsin check` knows.
    private static let sized = digits + #" *([^\s0-9.,+-]\S*)?"#

    static func number(_ range: ClosedRange<Double>?) -> [String: Any] {
        var form: [String: Any] = ["type": ["number", "string"], "pattern": "^\(digits)$"]
        if let range {
            form["minimum"] = range.lowerBound
            if range.upperBound.isFinite { form["maximum"] = range.upperBound }
        }
        return form
    }

    static func whole(_ range: ClosedRange<Int>) -> [String: Any] {
        var form: [String: Any] = ["type": ["integer", "string"], "pattern": "^[+-]?[0-9]+$"]
        if range.lowerBound != .min { form["minimum"] = range.lowerBound }
        if range.upperBound != .max { form["maximum"] = range.upperBound }
        return form
    }

    /// A text that is one of the words, or is as the pattern says.
    static func text(words: [String], pattern: String, examples: [String]) -> [String: Any] {
        var form: [String: Any] = ["type": "string", "pattern": pattern]
        if !examples.isEmpty { form["examples"] = examples }
        // An editor offers the words of an enum, and not those of a pattern.
        return words.isEmpty ? form : ["anyOf": [["enum": words], form] as [[String: Any]]]
    }

    static var duration: [String: Any] {
        let units = "ms|msec|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?"
        return [
            "type": "string", "pattern": "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+) *(\(units))$", "examples": ["90s", "10m"],
        ]
    }

    /// A unit of the table, or one that is made of them: `m3/s`.
    static var unit: [String: Any] {
        let simple = "((\(Unit.symbols.filter { $0 != "1" }.joined(separator: "|")))[1-4]?|1)"
        return [
            "anyOf": [
                ["enum": Unit.symbols + ["m3/s", "mm/h", "ug/m3"]],
                ["type": "string", "pattern": "^\(simple)([./]\(simple))*$"],
                ["const": 1],
            ] as [[String: Any]]
        ]
    }

    /// The name of what is measured. Any name will do, and the known ones have a unit.
    static var quantity: [String: Any] {
        ["anyOf": [["enum": Quantity.known.keys.sorted()], ["type": "string", "minLength": 1]] as [[String: Any]]]
    }

    static var pointer: [String: Any] {
        ["type": "string", "pattern": "^(/.*)?$", "examples": ["/sensor/level", "/values/0"]]
    }

    /// A calculation. YAML reads the shortest ones as `true` or as a number.
    static var calculation: [String: Any] {
        ["type": ["string", "number", "boolean"], "examples": ["status == 0", "bit(flags, 0)", "x * 65536 + low"]]
    }

    static var amount: [String: Any] {
        ["type": ["number", "string"], "pattern": "^ *\(sized) *$", "examples": ["3.2 m", "150 mm/h"]]
    }

    static var range: [String: Any] {
        [
            "type": "string", "pattern": "^ *\(sized) *\\.\\. *\(sized) *$",
            "examples": ["0 .. 12", "-40 degC .. 85 degC"],
        ]
    }

    static var instant: [String: Any] {
        let pattern =
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
        return ["type": "string", "pattern": pattern, "examples": ["2026-06-03T22:05:00Z"]]
    }

    static var day: [String: Any] {
        ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2027-03-01"]]
    }

    /// A number that may be hexadecimal.
    static var code: [String: Any] {
        ["type": ["number", "string"], "pattern": "^(0x[0-9A-Fa-f]+|\(digits))$"]
    }
}
