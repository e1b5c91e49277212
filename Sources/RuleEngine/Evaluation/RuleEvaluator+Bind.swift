internal import RulePlan
internal import Telemetry

// Turns a plan into indices, once: the sources of each operand, and the instances to evaluate for each event.
extension RuleEvaluator {
    mutating func bindOperands(_ windows: borrowing SeriesWindows) {
        /// The sources of an operand, whichever instance reads it.
        struct Key: Hashable {
            var measure: Measure
            var sources: ArraySlice<OperandSource>
        }
        var caches: [Key: Int32] = [:]
        for (index, operand) in plan.operands.enumerated() {
            for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
                let source = plan.sources[Int(at)]
                let shape = Int(windows.series[SeriesIndex(source.series.index)].shape)
                let lane = windows.shapes.lane(of: source.window.nanoseconds, shape: shape)
                let extra = WindowNeeds.extra(for: operand.measure, over: source.window.nanoseconds)
                layout.sources[Int(at)] = BoundSource(
                    series: source.series.index, lane: lane,
                    extra: extra.map {
                        windows.shapes.extra($0.kind, lane: lane, parameter: $0.parameter, shape: shape)
                    } ?? -1)
            }
            guard operand.sourceCount > 1 else { continue }
            let key = Key(
                measure: operand.measure,
                sources: plan.sources[Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)])
            let cache = caches[key] ?? Int32(cached.grow(by: 1, with: CachedValue()))
            caches[key] = cache
            layout.operands[index].cache = cache
        }
    }

    mutating func bindThresholds(_ windows: borrowing SeriesWindows) {
        for (index, instance) in plan.instances.enumerated() {
            instances[index].thresholdBase = Int32(layout.thresholds.count)
            for code in plan.programs[Int(instance.program)].instructions where code.operation == .threshold {
                var bound = BoundThreshold()
                if case (let at, let threshold)? = plan.threshold(of: code, instance) {
                    let bit = windows.shapes.bit(of: threshold, shape: Int(windows.series[SeriesIndex(at)].shape))
                    bound = BoundThreshold(word: windows.series[SeriesIndex(at)].words + bit / 64 * 2, bit: bit % 64)
                }
                _ = layout.thresholds.grow(by: 1, with: bound)
            }
        }
    }

    /// Lists the instances to evaluate with every reading, and those to evaluate when a threshold is passed.
    mutating func bindReaders(_ all: [[Int32]], _ windows: inout SeriesWindows) {
        var bits: [[Int: [Int32]]] = Array(repeating: [:], count: all.count)
        var always: [Set<Int32>] = Array(repeating: [], count: all.count)
        for (index, instance) in plan.instances.enumerated() {
            let program = layout.programs[Int(instance.program)]
            // A share moves with time, not only when its condition changes.
            let isAlways = plan.programs[Int(instance.program)].historyCount > 0
            for at in 0..<program.decisiveCount {
                let code = layout.instructions[
                    program.firstInstruction + Int(layout.decisive[program.firstDecisive + at])]
                guard code.operation == .operand || code.operation == .threshold else { continue }
                if !isAlways, code.operation == .threshold,
                    case (let at, let threshold)? = plan.threshold(of: code, instance)
                {
                    let bit = Int(windows.shapes.bit(of: threshold, shape: Int(windows.series[SeriesIndex(at)].shape)))
                    if bits[at][bit]?.last != Int32(index) { bits[at][bit, default: []].append(Int32(index)) }
                } else {
                    let operand = plan.operands[Int(instance.operandBase + code.a)]
                    for source in operand.firstSource..<operand.firstSource + operand.sourceCount {
                        always[Int(plan.sources[Int(source)].series.index)].insert(Int32(index))
                    }
                }
            }
        }
        for (index, all) in all.enumerated() {
            windows.series[index].readerBase = Int32(readers.count)
            windows.series[index].readerCount = Int32(all.count)
            windows.series[index].alwaysCount = Int32(always[index].count)
            for reader in all where always[index].contains(reader) { _ = readers.grow(by: 1, with: reader) }
            for reader in all where !always[index].contains(reader) { _ = readers.grow(by: 1, with: reader) }
            let bitCount = windows.shapes.shapes[Int(windows.series[index].shape)].bitCount
            windows.series[index].bitReaderBase = Int32(bitReaderOffsets.count)
            for bit in 0..<bitCount {
                _ = bitReaderOffsets.grow(by: 1, with: Int32(bitReaders.count))
                for reader in bits[index][bit] ?? [] { _ = bitReaders.grow(by: 1, with: reader) }
            }
            _ = bitReaderOffsets.grow(by: 1, with: Int32(bitReaders.count))
        }
    }

    /// Lists the instances to evaluate when the level or the vote of another has changed.
    mutating func bindAskers() {
        var asking: [[Int32]] = Array(repeating: [], count: plan.instances.count)
        for (index, instance) in plan.instances.enumerated() {
            let count = Int(plan.programs[Int(instance.program)].tallyCount)
            for tally in plan.tallies[Int(instance.tallyBase)..<Int(instance.tallyBase) + count] {
                for at in tally.firstMember..<tally.firstMember + tally.memberCount {
                    let member = Int(plan.members[Int(at)])
                    if asking[member].last != Int32(index) { asking[member].append(Int32(index)) }
                }
            }
        }
        for (index, asking) in asking.enumerated() {
            instances[index].askerBase = Int32(askers.count)
            instances[index].askerCount = Int32(asking.count)
            for asker in asking { _ = askers.grow(by: 1, with: asker) }
        }
    }

    /// Gives every instance its stretch of the memory of conditions, and the series that it reads.
    mutating func bindInstances(_ demands: SeriesDemands) {
        var (memoryCount, historyCount) = (0, 0)
        for (index, instance) in plan.instances.enumerated() {
            let program = plan.programs[Int(instance.program)]
            instances[index].memoryBase = Int32(memoryCount)
            instances[index].historyBase = Int32(historyCount)
            memoryCount += Int(program.memoryCount)
            historyCount += Int(program.historyCount)
            let read = demands.seriesOfInstances[index]
            instances[index].seriesBase = Int32(instanceSeries.count)
            instances[index].seriesCount = Int32(read.count)
            for series in read { _ = instanceSeries.grow(by: 1, with: series) }
        }
        _ = memory.grow(by: memoryCount, with: .min)
        _ = histories.grow(by: historyCount, with: SampleRing())
    }
}
