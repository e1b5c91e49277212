internal import HeapModule
package import RulePlan
package import Telemetry

/// The performance core: readings and clock ticks in, level changes out.
///
/// Deterministic: it opens nothing, sleeps never and asks no clock, so that the same readings and ticks
/// in the same order give the same changes, live, replayed or after a crash.
///
/// In the steady state a reading allocates nothing; its cost is O(windows of its series) amortised, and
/// O(instructions) for each instance that reads the series. Only a level change allocates.
package struct Engine: ~Copyable {
    let plan: Plan
    let layout: ProgramLayout
    var series: Slab<SeriesState>
    var windows: Slab<WindowState>
    var arena = SampleArena()
    var instances: Slab<InstanceState>
    var dependents: Slab<Int32>
    var holds: Slab<Int64>
    var registers: Slab<Double>
    var timers = Heap<Timer>()
    /// When the first window that the evaluation under way has read will be empty, if nothing more comes;
    /// `Int64.max` while all are empty already.
    var emptiesAt = Int64.max

    struct Timer: Comparable {
        var time: Int64
        var instance: Int32
        static func < (a: Timer, b: Timer) -> Bool { (a.time, a.instance) < (b.time, b.instance) }
    }

    package init(_ plan: Plan) {
        self.plan = plan
        layout = ProgramLayout(plan)
        series = Slab(repeating: SeriesState(), count: plan.series.count)
        instances = Slab(repeating: InstanceState(), count: plan.instances.count)
        windows = Slab(repeating: WindowState(length: 0, uses: []), count: 0)
        dependents = Slab(repeating: 0, count: 0)
        let holdCount = plan.instances.reduce(0) { $0 + Int(plan.programs[Int($1.program)].holdCount) }
        holds = Slab(repeating: Int64.min, count: holdCount)
        registers = Slab(repeating: 0, count: plan.programs.map(\.instructions.count).max() ?? 0)
        layOut()
    }

    private mutating func layOut() {
        for (index, plan) in plan.series.enumerated() {
            var state = SeriesState()
            state.windowBase = windows.count
            state.windowCount = plan.windows.count
            for window in plan.windows {
                let at = windows.grow(by: 1, with: WindowState(length: window.length.nanoseconds, uses: window.uses))
                assert(at == windows.count - 1)
                state.keepsMaxima = state.keepsMaxima || window.uses.contains(.maximum)
                state.keepsMinima = state.keepsMinima || window.uses.contains(.minimum)
            }
            state.retention = max(self.plan.lateness, plan.windows.last?.length ?? .zero).nanoseconds
            series[index] = state
        }
        var readers: [[Int32]] = Array(repeating: [], count: plan.series.count)
        var holdBase = 0
        for (index, instance) in plan.instances.enumerated() {
            instances[index].holdBase = holdBase
            let program = plan.programs[Int(instance.program)]
            holdBase += Int(program.holdCount)
            for operand in Int(instance.operandBase)..<Int(instance.operandBase + program.operandCount) {
                let operand = plan.operands[operand]
                for source in operand.firstSource..<operand.firstSource + operand.sourceCount {
                    let at = Int(plan.sources[Int(source)].series.index)
                    if readers[at].last != Int32(index) { readers[at].append(Int32(index)) }
                }
            }
        }
        for (index, readers) in readers.enumerated() {
            series[index].dependentBase = dependents.count
            series[index].dependentCount = readers.count
            for reader in readers { _ = dependents.grow(by: 1, with: reader) }
        }
    }

    /// Takes one reading, evaluates every instance that reads its series, and appends what changed.
    package mutating func ingest(_ reading: Reading, into changes: inout [LevelChange]) -> ReadingOutcome {
        let index = Int(reading.series.index)
        let sample = Sample(time: reading.time.nanoseconds, value: reading.value)
        guard index >= 0, index < series.count, reading.value.isFinite else { return .unusable }
        let newest = series[index].newest
        if sample.time <= newest {
            if newest &- sample.time > plan.lateness.nanoseconds { return .tooLate }
            if series[index].holds(sample, arena: arena) { return .repeated }
        }
        guard reading.quality.isUsable else { return .unusable }
        let first = series[index].dependentBase
        let end = first + series[index].dependentCount
        // What timers had to do before this moment comes first, in the state of that moment.
        for at in first..<end where instances[Int(dependents[at])].wake < sample.time {
            runTimers(of: Int(dependents[at]), before: sample.time, into: &changes)
        }
        if sample.time >= newest {
            series[index].append(sample, windows: &windows, arena: &arena)
        } else {
            let position = series[index].ring.upperBound(sample.time, in: arena)
            series[index].insert(sample, at: position, windows: &windows, arena: &arena)
        }
        for at in first..<end {
            let instance = Int(dependents[at])
            let now = max(sample.time, instances[instance].now)
            evaluate(instance, at: now, trigger: .reading(reading.series), into: &changes)
        }
        return .evaluated
    }

    /// Moves the clock on: runs every timer that is due by `now`, in the order of their times.
    package mutating func advance(to now: Instant, into changes: inout [LevelChange]) {
        while let timer = timers.min, timer.time <= now.nanoseconds {
            timers.removeMin()
            let instance = Int(timer.instance)
            guard instances[instance].queued == timer.time else { continue }
            instances[instance].queued = .max
            if instances[instance].wake == timer.time {
                instances[instance].wake = .max
                evaluate(instance, at: timer.time, trigger: .timer, into: &changes)
            } else {
                queueTimer(instance)
            }
        }
    }

    /// When ``advance(to:into:)`` has something to do next, or `nil`.
    package var nextTimer: Instant? { timers.min.map { Instant(nanoseconds: $0.time) } }

    package func ladderState(of instance: Int) -> LadderState {
        let state = instances[instance]
        return LadderState(level: state.level, held: state.held, isUncertain: state.isUncertain)
    }

    /// Puts an instance where its stored alarm says that it stood.
    package mutating func restore(_ ladder: LadderState, to instance: Int) {
        instances[instance].level = ladder.level
        instances[instance].held = ladder.held
        instances[instance].isUncertain = ladder.isUncertain
    }

    /// The number of samples held, for the metrics.
    package var sampleCount: Int {
        var total = 0
        for index in 0..<series.count { total += series[index].ring.count }
        return total
    }
}
