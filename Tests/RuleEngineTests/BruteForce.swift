import RulePlan
import Telemetry

/// Aggregates computed from all samples, one at a time: what the windows are held against.
enum BruteForce {
    typealias Sample = (time: Int64, value: Double)

    static func value(_ aggregate: Aggregate, _ all: [Sample], now: Int64, window: Int64) -> Double {
        // A stable sort: readings of one time keep the order of their arrival.
        let inside = all.enumerated().filter { $0.element.time > now - window && $0.element.time <= now }
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        let n = Double(inside.count)
        if aggregate == .count { return n }
        guard let first = inside.first, let last = inside.last else { return .nan }
        let values = inside.map(\.value)
        let mean = values.reduce(0, +) / n
        switch aggregate {
        case .mean: return mean
        case .sum: return values.reduce(0, +)
        case .count: return n
        case .minimum: return values.min() ?? .nan
        case .maximum: return values.max() ?? .nan
        case .deviation:
            return inside.count < 2 ? .nan : (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / n).squareRoot()
        case .slope:
            let times = inside.map { Double($0.time - first.time) * 1e-9 }
            let middle = times.reduce(0, +) / n
            let below = times.map { ($0 - middle) * ($0 - middle) }.reduce(0, +)
            let above = zip(times, values).map { ($0 - middle) * ($1 - mean) }.reduce(0, +)
            return below > 0 ? above / below : .nan
        case .first: return first.value
        case .last: return last.value
        case .delta: return inside.count < 2 ? .nan : last.value - first.value
        }
    }
}
