internal import RulePlan
internal import Telemetry

/// Holds the windows of all series: takes samples, keeps the state for the rules' measures, and finds changed
/// thresholds.
///
/// A series has a ring of samples, and for each of its windows a lane of sums, an extreme and a place in the ring.
/// Series with the same needs share one ``WindowShape``. `append(_:to:)` moves all windows of a series with its
/// newest sample and compares their thresholds: O(windows of the series), amortised, without an allocation in the
/// steady state.
///
/// The files of this folder hold a family of measures each. They say how it is kept and moved: ``MeanWindow.swift`` the
/// sums of values, `SlopeWindow.swift` those of times, `ExtremeWindow.swift`, `QuantileWindow.swift`,
/// `CounterWindow.swift`, `AreaWindow.swift`, `SmoothedWindow.swift`; `WindowValue.swift` says how each measure is
/// read.
struct SeriesWindows: ~Copyable {
    var shapes = WindowShapes()
    var series: Slab<SeriesState>
    /// The rows of lanes of all series, their cursors (each window's first slot, its maximum's and its minimum's
    /// position), and the truth of their thresholds (a word of bits and a word of known bits, alternating).
    var lanes = Slab(repeating: LanePair.zero, count: 0)
    var cursors = Slab(repeating: UInt32(0), count: 0)
    var truth = Slab(repeating: UInt64(0), count: 0)
    var extras = Slab(repeating: ExtraState(), count: 0)
    var sorted = Slab(repeating: SortedValues(), count: 0)
    /// The words of the newest sample's series that show which thresholds changed.
    var changedWords = Slab(repeating: UInt64(0), count: 0)
    var scratch = Slab(repeating: LanePair.zero, count: 0)
    /// The time at which the gateway last listened, and the time since which it has without a pause.
    var listened = Int64.min
    var listeningSince = Int64.min

    /// The limit of a measurement: the square of a larger number may no longer be a number.
    static var largestValue: Double { 1e100 }

    /// Lays out the windows that a plan needs. O(series + their windows and thresholds).
    init(_ plan: Plan, _ demands: SeriesDemands) {
        series = Slab(repeating: SeriesState(), count: plan.series.count)
        var (pairsMax, wordsMax) = (1, 1)
        for index in series.indices {
            let number = shapes.shape(for: demands.needs[index.number])
            pairsMax = max(pairsMax, shapes.shapes[number].pairs)
            wordsMax = max(wordsMax, shapes.shapes[number].words)
            bind(index, to: number, plan, memory: demands.memory[index.number])
        }
        for index in series.indices { series[index].sensor = Int32(index.number) }
        for index in series.indices where series[index].selection == .usable {
            var next = twin(of: index)
            while let twin = next {
                series[twin].sensor = Int32(index.number)
                next = self.twin(of: twin)
            }
        }
        _ = scratch.grow(by: pairsMax, with: .zero)
        _ = changedWords.grow(by: wordsMax, with: 0)
        // An empty window has a count, too.
        for index in series.indices { _ = compareThresholds(of: index) }
    }

    deinit {
        for index in series.indices {
            series[index].ring.free()
            series[index].maxima.free()
            series[index].minima.free()
        }
        for index in 0..<sorted.count { sorted[index].free() }
    }

    /// Gives a series its shape and its state.
    private mutating func bind(_ index: SeriesIndex, to number: Int, _ plan: Plan, memory: TimeSpan) {
        let shape = shapes.shapes[number]
        var state = SeriesState()
        state.shape = Int32(number)
        state.lanes = Int32(lanes.grow(by: shape.stride, with: .zero))
        state.cursors = Int32(cursors.grow(by: shape.laneCount * WindowCursors.perLane, with: 0))
        state.words = Int32(truth.grow(by: shape.words * 2, with: 0))
        state.extras = Int32(extras.grow(by: shape.extraCount, with: ExtraState()))
        state.remembers = memory > .zero
        // A series that no rule reads keeps only its newest sample.
        state.retention =
            shape.windowCount == 0 ? 0 : max(plan.allowedLateness.nanoseconds, shape.longest + memory.nanoseconds)
        state.silence =
            plan.series[index.number].silence == .longest ? .max : plan.series[index.number].silence.nanoseconds
        state.counter = plan.series[index.number].counter
        state.overdueTimeout =
            shape.windowCount == 0 ? .max : min(plan.series[index.number].overdueAfter, shape.shortest, state.silence)
        state.twin = plan.series[index.number].twin?.index ?? -1
        state.selection = plan.series[index.number].selection
        for extra in 0..<shape.extraCount where shapes.extras[shape.extraBase + extra].kind == .sorted {
            extras[Int(state.extras) + extra].sorted = Int32(sorted.grow(by: 1, with: SortedValues()))
        }
        series[index] = state
        let rows = view(index).rows
        for row in [shape.maxima, shape.minima] where row >= 0 {
            for lane in 0..<shape.laneCount {
                // Nothing surpasses the value of a lane without a window.
                rows[row, Lane(lane)] = lane < shape.windowCount ? -.infinity : .infinity
                rows[integerIn: row + shape.pairs, Lane(lane)] = .max
            }
        }
    }

    /// Returns the next series of the same sensor; `nil` after the last.
    @inline(__always)
    func twin(of index: SeriesIndex) -> SeriesIndex? {
        let twin = series[index].twin
        return twin >= 0 ? SeriesIndex(twin) : nil
    }

    /// Returns the index of a series; `nil` if the plan does not know it.
    func index(of id: SeriesID) -> SeriesIndex? {
        let index = SeriesIndex(id.index)
        return series.contains(index) ? index : nil
    }
}
