internal import RulePlan
internal import Telemetry

/// The functions over a window that the language has, in one table: name, aggregate, result.
struct WindowFunction: Sendable {
    var name: String
    var aggregate: Aggregate
    /// The type of the result for a quantity of that dimension; `nil` where it makes no sense.
    var result: @Sendable (Dimension) -> ValueType?

    static let all: [WindowFunction] = [
        WindowFunction(name: "mean", aggregate: .mean) { .number($0, isPoint: $0 == .temperature) },
        WindowFunction(name: "min", aggregate: .minimum) { .number($0, isPoint: $0 == .temperature) },
        WindowFunction(name: "max", aggregate: .maximum) { .number($0, isPoint: $0 == .temperature) },
        // The sum of temperatures depends on where their scale begins: it has no meaning.
        WindowFunction(name: "sum", aggregate: .sum) { $0 == .temperature ? nil : .number($0, isPoint: false) },
        WindowFunction(name: "count", aggregate: .count) { _ in .number(.one, isPoint: false) },
        WindowFunction(name: "stddev", aggregate: .deviation) { .number($0, isPoint: false) },
        WindowFunction(name: "slope", aggregate: .slope) { .number($0 / .time, isPoint: false) },
        WindowFunction(name: "delta", aggregate: .delta) { .number($0, isPoint: false) },
        WindowFunction(name: "first", aggregate: .first) { .number($0, isPoint: $0 == .temperature) },
        WindowFunction(name: "last", aggregate: .last) { .number($0, isPoint: $0 == .temperature) },
    ]

    static func named(_ name: String) -> WindowFunction? { all.first { $0.name == name } }
}
