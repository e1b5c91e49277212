import Foundation
import RulePlan
import Telemetry

/// Measures computed from all samples, one at a time: what the windows are held against.
enum BruteForce {
    struct Sample {
        var series: Int
        var time: Int64
        var value: Double
    }

    /// - Parameter sorted: all samples, by time.
    static func value(_ measure: Measure, _ sorted: [Sample], now: Int64, window: Int64) -> Double {
        let inside = sorted.filter { $0.time > now - window && $0.time <= now }
        if measure.aggregate == .count { return Double(inside.count) }
        guard let first = inside.first, let last = inside.last else { return .nan }
        switch measure.aggregate {
        case .delta, .increase, .rate, .integral, .timeMean, .smoothed:
            // What a sensor has by itself: of several the mean.
            let own = Set(inside.map(\.series)).sorted().compactMap { series in
                let value = perSensor(
                    measure, sorted.filter { $0.series == series && $0.time <= now }, now: now, window: window)
                return value.isNaN ? nil : value
            }
            return own.isEmpty ? .nan : own.reduce(0, +) / Double(own.count)
        case .changes:
            return Set(inside.map(\.series)).reduce(0.0) { sum, series in
                sum
                    + perSensor(
                        measure, sorted.filter { $0.series == series && $0.time <= now }, now: now, window: window)
            }
        default: break
        }
        let values = inside.map(\.value)
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        let deviation =
            values.count < 2 ? .nan : (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / n).squareRoot()
        let times = inside.map { Double($0.time - first.time) * 1e-9 }
        let middle = times.reduce(0, +) / n
        let below = times.map { ($0 - middle) * ($0 - middle) }.reduce(0, +)
        let above = zip(times, values).map { ($0 - middle) * ($1 - mean) }.reduce(0, +)
        switch measure.aggregate {
        case .mean: return mean
        case .sum: return values.reduce(0, +)
        case .minimum: return values.min() ?? .nan
        case .maximum: return values.max() ?? .nan
        case .deviation: return deviation
        case .slope: return below > 0 ? above / below : .nan
        case .forecast:
            return below > 0
                ? mean + above / below * (Double(now - first.time) * 1e-9 + measure.parameter - middle) : .nan
        case .standardScore: return deviation > 0 ? (last.value - mean) / deviation : .nan
        case .first: return first.value
        case .last: return last.value
        case .age: return Double(now - last.time) * 1e-9
        case .quantile:
            let order = values.sorted()
            let place = measure.parameter * Double(order.count - 1)
            let low = order[Int(place)]
            return place == place.rounded(.down)
                ? low : low + (order[Int(place) + 1] - low) * (place - place.rounded(.down))
        // The readings of these tests are not suspect.
        case .suspicion: return 0
        case .spread:
            let newest = Set(inside.map(\.series)).compactMap { series in inside.last { $0.series == series }?.value }
            return newest.count < 2 ? .nan : (newest.max() ?? 0) - (newest.min() ?? 0)
        default: return .nan
        }
    }

    /// What a counter counted up to a value since the one before, from at most 32 values before it.
    static func counterStep(
        _ index: Int, resolution: Double = 0, width: Double = .infinity, _ value: (Int) -> Double
    ) -> Double {
        let first = max(0, index - 32)
        var (level, last, held, step, rise) = (value(first), value(first), 0.0, 0.0, 0.0)
        // From and to: the newest fall, and the highest before it that began above it.
        var (newFrom, newTo, highFrom, highTo) = (-Double.infinity, 0.0, -Double.infinity, 0.0)
        for at in first..<index {
            let value = value(at + 1)
            func isBack(_ from: Double, _ to: Double) -> Bool {
                abs(value - from) <= abs(from) / 10 && value - last > (from - to) / 2
            }
            let back =
                newFrom > -.infinity && isBack(newFrom, newTo)
                ? newFrom : highFrom > -.infinity && isBack(highFrom, highTo) ? highFrom : .nan
            step = 0
            if value >= level, !back.isNaN {
                // It was a glitch.
                step = max(0, value - back)
                (level, held, newFrom, highFrom) = (max(value, back), 0, -.infinity, -.infinity)
            } else if value >= level {
                step = held + value - level
                rise = max(rise, value - level)
                (level, held) = (value, 0)
            } else {
                let (depth, rest) = (level - value, width - level)
                let usual = max(rise, value, resolution, width / 1024)
                let isWrap = level > width * 3 / 4 && value < width / 4 && rest <= 16 * usual
                if !isWrap, depth <= max(abs(level) / 100, resolution * 1.000001) {
                    (step, held) = (held, 0)
                } else {
                    if newFrom > highFrom { (highFrom, highTo) = (newFrom, newTo) }
                    if highFrom <= level { highFrom = -.infinity }
                    (newFrom, newTo) = (level, value)
                    held = isWrap ? rest + value : depth > abs(level) / 10 ? max(0, value) : 0
                    level = value
                }
            }
            last = value
        }
        return step
    }

    /// - Parameter all: one sensor's, by time.
    private static func perSensor(_ measure: Measure, _ all: [Sample], now: Int64, window: Int64) -> Double {
        let start = now - window
        let first = all.firstIndex { $0.time > start } ?? all.endIndex
        let steps = (first..<all.count).filter { $0 > 0 }.map { (all[$0 - 1], all[$0]) }
        // Of a gap that is longer than the window, only the part inside it counts.
        var since = all[max(0, first - 1)].time
        var inside = 1.0
        if first > 0, first < all.count, all[first].time - since > window {
            inside = Double(all[first].time - start) / Double(all[first].time - since)
            since = start
        }
        let counted = (first..<all.count).filter { $0 > 0 }.map {
            counterStep($0) { all[$0].value } * ($0 == first ? inside : 1)
        }
        let increase = counted.reduce(0, +)
        switch measure.aggregate {
        case .delta:
            let newest = all[all.count - 1].value
            guard first > 0 else { return steps.isEmpty ? .nan : newest - all[first].value }
            let (a, b) = (all[first - 1], all[first])
            return newest - (a.value + (b.value - a.value) * Double(start - a.time) / Double(b.time - a.time))
        case .increase: return steps.isEmpty ? .nan : increase
        case .rate:
            let span = Double(all[all.count - 1].time - since) * 1e-9
            return span > 0 ? increase / span : .nan
        case .changes: return Double(steps.filter { $0.value != $1.value }.count)
        case .smoothed:
            let weights = all.map { exp(-Double(all[all.count - 1].time - $0.time) * 1e-9 / measure.parameter) }
            return zip(all, weights).map { $0.value * $1 }.reduce(0, +) / weights.reduce(0, +)
        default:
            var points = all[first...].map { (time: $0.time, value: $0.value) }
            if first > 0, all[first].time - all[first - 1].time <= window, all[first].time > start {
                let (a, b) = (all[first - 1], all[first])
                points.insert(
                    (start, a.value + (b.value - a.value) * Double(start - a.time) / Double(b.time - a.time)), at: 0)
            }
            let area = zip(points, points.dropFirst()).map {
                ($0.value + $1.value) / 2 * Double($1.time - $0.time) * 1e-9
            }.reduce(0, +)
            let span = Double(points[points.count - 1].time - points[0].time) * 1e-9
            if measure.aggregate == .integral { return span > 0 ? area : .nan }
            return span > 0 ? area / span : points[points.count - 1].value
        }
    }
}
