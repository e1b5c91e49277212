internal import AlarmModel
internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift.

/// The late samples that wait to be inserted. Many at once cost little more than one.
struct LateSamples {
    fileprivate struct Item {
        var sample: Sample
        var series: Int32
        /// The series of the reading. For a sample of a twin, this is the other series.
        var cause: SeriesID
        var isSuspect: Bool
    }

    /// The samples that have not been inserted yet.
    fileprivate var items: [Item] = []
    /// One flag for each reading of the current message, set if it was taken as a late one; empty if none was.
    var isTaken: [Bool] = []
    /// The instances whose memories lack late samples.
    fileprivate var stale: [Int] = []
    /// The gateway's time from which memories may be recomputed again. However many late samples come, recomputing
    /// takes only a small part of the time.
    fileprivate var recomputeFrom = Int64.min
    /// Set during a replay of stored readings: no instance is judged on the way, and late samples wait until the end.
    fileprivate(set) var isReplaying = false
    /// The number of waiting samples above which they are inserted even during a replay.
    fileprivate static let itemsMax = 1 << 16
    /// The cost of inserting one sample by itself, beside the samples that it moves: a rebuild of the windows costs
    /// the same for this many samples. Then the number of moved samples that cost as much as one sample of a rebuild.
    fileprivate static let costOfOne = 32
    fileprivate static let movedAtOnce = 16
    /// The pause after recomputing, in nanoseconds for each sample used: about twenty times the cost of a sample.
    fileprivate static let pausePerSample: Int64 = 2000

    /// The time at which memories are next recomputed; `.max` if all are up to date.
    var due: Int64 { stale.isEmpty || isReplaying ? .max : recomputeFrom }
}

extension Engine {
    /// Begins a replay of stored readings: changes on the way are ignored.
    package mutating func beginReplay() { late.isReplaying = true }

    /// Brings the windows, and the memory of conditions, up to date.
    package mutating func endReplay() {
        guard late.isReplaying else { return }
        placeLate(isLast: true)
        late.isReplaying = false
        _ = recomputeMemories()
    }

    /// Recomputes stale memories and evaluates their instances, if the pause since the last time is over.
    mutating func recomputeDueMemories(at now: Int64, into changes: inout [LevelChange]) {
        guard now >= late.due else { return }
        evaluator.serial &+= 1
        for instance in recomputeMemories() { evaluator.push(instance) }
        evaluator.evaluatePending(at: .min, trigger: .timer, &windows, &timers, into: &changes)
    }

    /// Takes a late sample by itself.
    @inline(never)
    mutating func takeLate(_ sample: Sample, _ quality: Quality, into index: SeriesIndex, because cause: SeriesID) {
        late.items.append(
            LateSamples.Item(
                sample: sample, series: Int32(index.number), cause: cause, isSuspect: quality.isSuspect))
        placeLate()
    }

    /// Takes all late readings of a message together. A reading that becomes late while the message is evaluated is
    /// taken alone.
    /// - Parameter first: the first late reading; its twins have the reading already.
    @inline(never)
    mutating func takeLate(_ readings: borrowing Span<Reading>, from first: Int, into changes: inout [LevelChange]) {
        late.isTaken = Array(repeating: false, count: readings.count)
        for at in first..<readings.count {
            let reading = readings[at]
            guard let index = windows.index(of: reading.series), abs(reading.value) < SeriesWindows.largestValue else {
                continue
            }
            let sample = Sample(time: reading.time.nanoseconds, value: reading.value)
            guard reading.quality.isUsable, isLate(sample, index, reading.quality) else { continue }
            late.isTaken[at] = true
            var item = LateSamples.Item(
                sample: sample, series: Int32(index.number), cause: reading.series,
                isSuspect: reading.quality.isSuspect)
            late.items.append(item)
            var next = at > first ? windows.twin(of: index) : nil
            while let twin = next {
                next = windows.twin(of: twin)
                if windows.series[twin].selection.contains(reading.quality), isLate(sample, twin, reading.quality) {
                    item.series = Int32(twin.number)
                    late.items.append(item)
                } else {
                    give(sample, reading, twin, into: &changes)
                }
            }
        }
        placeLate()
    }

    /// Returns `true` for a sample that belongs before the ends of its series' windows, and not too far before.
    private mutating func isLate(_ sample: Sample, _ index: SeriesIndex, _ quality: Quality) -> Bool {
        let newest = windows.series[index].newest
        guard newest != .min else { return false }
        if sample.time <= newest {
            if quality.contains(.clockReplaced), windows.isOvertaken(newest, byArrivalAt: sample.time) { return false }
            guard newest &- sample.time <= allowedLateness else { return false }
        }
        let shape = windows.shapes.shapes[Int(windows.series[index].shape)]
        return !(sample.time >= newest && sample.time > windows.series[index].now &- shape.shortest)
    }

    /// Puts the gathered samples in their places, series by series, and marks the instances that they touch.
    private mutating func placeLate(isLast: Bool = false) {
        if late.isReplaying, !isLast, late.items.count < LateSamples.itemsMax { return }
        var items = late.items
        late.items = []
        items.sort { ($0.series, $0.sample.time) < ($1.series, $1.sample.time) }
        var first = 0
        while first < items.count {
            let index = SeriesIndex(items[first].series)
            var end = first + 1
            while end < items.count, items[end].series == items[first].series { end += 1 }
            let last = items[end - 1]
            if last.sample.time > windows.series[index].newest { windows.series[index].isSuspect = last.isSuspect }
            let hasChanged = place(items[first..<end].map(\.sample), into: index)
            if hasChanged || windows.series[index].alwaysCount > 0 || windows.series[index].isDirty {
                touch(index, at: last.sample.time, because: last.cause)
            }
            first = end
        }
        guard !late.isReplaying, let last = items.last, windows.listened == .min || windows.listened >= late.due else {
            return
        }
        for instance in recomputeMemories() { touch(instance: instance, at: last.sample.time, because: last.cause) }
    }

    /// Puts late samples in their places.
    /// - Parameter run: late samples of one series, in the order of their times.
    /// - Returns: `true` if a threshold changed.
    private mutating func place(_ run: [Sample], into index: SeriesIndex) -> Bool {
        if let last = run.last, last.time > windows.series[index].newest {
            // A sample from before the silence does not end it.
            if windows.series[index].isQuiet { resume(index, with: last) }
            windows.series[index].ingestDelay = windows.listened == .min ? 0 : windows.listened &- last.time
        }
        let ring = windows.series[index].ring
        // The samples that single insertions would move, at most: the newer or the older ones, whichever are fewer.
        let newer = run.first.map { Int(ring.count) - ring.upperBound($0.time) } ?? 0
        let moved = min(newer, Int(ring.count) / 2)
        if run.count > 1, run.count * (LateSamples.costOfOne + moved / LateSamples.movedAtOnce) > Int(ring.count) {
            windows.insert(run[...], into: index)
        } else {
            for sample in run { windows.insert(sample, into: index) }
        }
        let hasChanged = windows.compareThresholds(of: index)
        if windows.series[index].remembers { markStale(index) }
        wait(for: index, windows.series.address(index))
        return hasChanged
    }
}

// Conditions with memory (`for`, `then … within`, `share`) ran without the late reading. Their memory is computed
// again as if the reading had come in time. A second engine has only that rule in that group, and gets the samples
// that the series still hold, in the order of their times.
extension Engine {
    /// Marks the memory of every instance that reads a series as stale.
    private mutating func markStale(_ index: SeriesIndex) {
        let state = windows.series[index]
        for at in 0..<Int(state.readerCount) {
            let instance = Int(evaluator.readers[Int(state.readerBase) + at])
            guard !evaluator.instances[instance].hasStaleMemory else { continue }
            let program = evaluator.plan.programs[Int(evaluator.plan.instances[instance].program)]
            // A condition on other instances remembers their past, and one on suspicion that of the readings' quality.
            // Samples contain neither.
            guard program.memory > .zero, program.tallyCount == 0,
                !evaluator.plan.asksForSuspicion(evaluator.plan.instances[instance])
            else { continue }
            evaluator.instances[instance].hasStaleMemory = true
            late.stale.append(instance)
        }
    }

    /// Recomputes every stale memory from the samples of its series. O(those samples).
    /// - Returns: the instances whose memory has changed, to be evaluated.
    private mutating func recomputeMemories() -> [Int] {
        let stale = late.stale
        late.stale = []
        var samples = 0
        for instance in stale {
            evaluator.instances[instance].hasStaleMemory = false
            samples += recomputeMemory(
                instance, evaluator.plan.programs[Int(evaluator.plan.instances[instance].program)])
        }
        if windows.listened != .min {
            late.recomputeFrom = windows.listened &+ Int64(samples) * LateSamples.pausePerSample
        }
        return stale
    }

    /// Recomputes the memory of one instance.
    /// - Returns: how many samples it used.
    private mutating func recomputeMemory(_ instance: Int, _ program: Program) -> Int {
        let (alone, series) = planAlone(instance, program)
        var engine = Engine(alone)
        var samples: [(sample: Sample, series: Int32)] = []
        for (number, index) in series.enumerated() {
            let ring = windows.series[SeriesIndex(index)].ring
            for at in 0..<Int(ring.count) { samples.append((ring[at], Int32(number))) }
        }
        // Samples of one time stay in the order of their series and of their arrival.
        let order = samples.indices.sorted { (samples[$0].sample.time, $0) < (samples[$1].sample.time, $1) }
        let readings = order.map { at in
            Reading(
                series: SeriesID(index: samples[at].series), time: Instant(nanoseconds: samples[at].sample.time),
                value: samples[at].sample.value)
        }
        var changes: [LevelChange] = []
        var exceptions: [(index: Int, outcome: ReadingOutcome)] = []
        engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
        for slot in 0..<Int(program.memoryCount) {
            evaluator.memory[Int(evaluator.instances[instance].memoryBase) + slot] = engine.evaluator.memory[slot]
        }
        for slot in 0..<Int(program.historyCount) {
            let at = Int(evaluator.instances[instance].historyBase) + slot
            evaluator.histories[at].free()
            evaluator.histories[at] = engine.evaluator.histories[slot]
            engine.evaluator.histories[slot] = SampleRing()  // the memory has changed hands
        }
        return readings.count
    }

    /// Returns a plan of one instance by itself, and the series that each of its own series represents.
    private func planAlone(_ instance: Int, _ program: Program) -> (plan: Plan, series: [Int]) {
        var alone = Plan()
        alone.allowedLateness = evaluator.plan.allowedLateness
        alone.zone = evaluator.plan.zone
        alone.programs = [program]
        alone.programs[0].noDataLevel = nil
        alone.instances = [Instance(program: 0, operandBase: 0)]
        var series: [Int] = []
        let base = Int(evaluator.plan.instances[instance].operandBase)
        for operand in evaluator.plan.operands[base..<base + Int(program.operandCount)] {
            let first = Int32(alone.sources.count)
            for source in evaluator.plan.sources[
                Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)]
            {
                let index = Int(source.series.index)
                let number = series.firstIndex(of: index) ?? series.count
                if number == series.count {
                    series.append(index)
                    alone.series.append(evaluator.plan.series[index])
                    alone.series[number].twin = nil
                }
                alone.sources.append(OperandSource(series: SeriesID(index: Int32(number)), window: source.window))
            }
            alone.operands.append(Operand(operand.measure, firstSource: first, sourceCount: operand.sourceCount))
        }
        return (alone, series)
    }
}
