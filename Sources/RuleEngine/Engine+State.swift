package import AlarmModel
internal import RulePlan
package import Telemetry

// Wrapping operators: serials wrap, and are only compared for equality.

// The state that is stored with alarms, and figures.
extension Engine {
    /// Returns the ladder state of an instance.
    package func ladderState(of instance: Int) -> LadderState { evaluator.instances[instance].ladder }

    /// Sets an instance to the ladder state of its stored alarm. The next reading judges it again.
    /// - Parameter moved: when the ladder came to this state. Earlier events no longer change the state.
    package mutating func restore(_ ladder: LadderState, to instance: Int, movedAt moved: Instant = .distantPast) {
        evaluator.instances[instance].now = max(evaluator.instances[instance].now, moved.nanoseconds)
        evaluator.instances[instance].level = ladder.level
        evaluator.instances[instance].held = ladder.held
        evaluator.instances[instance].isUncertain = ladder.isUncertain
        evaluator.instances[instance].hasNoData = ladder.hasNoData
        evaluator.instances[instance].isSuppressed = ladder.isSuppressed
        for at in 0..<Int(evaluator.instances[instance].seriesCount) {
            windows.series[Int(evaluator.instanceSeries[Int(evaluator.instances[instance].seriesBase) + at])].isDirty =
                true
        }
    }

    /// Returns how many samples from before its windows a series needs, since older values affect its measures. 0 if
    /// no rule reads the series.
    package func samplesBefore(of id: SeriesID) -> Int {
        var (most, next) = (0, windows.index(of: id))
        while let index = next {
            if windows.series[index].readerCount > 0 {
                most = max(most, windows.shapes.shapes[Int(windows.series[index].shape)].spare)
            }
            next = windows.twin(of: index)
        }
        return most
    }

    /// The number of samples held, for the metrics.
    package var sampleCount: Int {
        var total = 0
        for index in windows.series.indices { total += Int(windows.series[index].ring.count) }
        return total
    }

    /// Judges an instance again from the current windows, at the moment of its last judgement. The instances whose
    /// state it reads may have changed since then. Without such a change it stays at its level.
    package mutating func rejudge(_ index: Int, into changes: inout [LevelChange]) {
        guard evaluator.instances[index].serial != 0 else { return }
        evaluator.serial &+= 1
        evaluator.push(index)
        evaluator.evaluatePending(
            at: evaluator.instances[index].now, trigger: .timer, &windows, &timers, into: &changes)
    }

    /// Returns the level of an instance, with every value of its rule.
    package mutating func account(of index: Int) -> LevelChange { evaluator.account(of: index, &windows) }

    /// Returns the time of a series' newest sample; `nil` before the first.
    package func newestTime(of id: SeriesID) -> Instant? {
        guard let index = windows.index(of: id), windows.series[index].newest != .min else { return nil }
        return Instant(nanoseconds: windows.series[index].newest)
    }

    /// Returns the recent trend of a series: the slope of the least-squares line through its newest samples, in its
    /// unit per second. It is for people, who want to know where a value is going; rules use `slope`.
    ///
    /// - Parameter span: how far back from the newest sample to look; samples that are no longer kept are left out.
    /// - Returns: `nil` for a silent sensor, for fewer than three samples, and for samples that span less than two
    ///   minutes: seconds say nothing reliable about an hour. O(samples in the span).
    package mutating func trend(of id: SeriesID, over span: TimeSpan) -> Double? {
        windows.index(of: id).flatMap { windows.trend($0, over: span) }
    }
}
