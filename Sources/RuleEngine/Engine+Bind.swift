internal import RulePlan
internal import Telemetry

// From a plan to what is kept for each series, who reads it, and where each test stands. Done once.
extension Engine {
    mutating func bind() {
        let readers = bindSeries()
        bindOperands()
        bindTests()
        bindReaders(readers)
        bindAskers()
        var (memoryCount, historyCount) = (0, 0)
        for (index, instance) in plan.instances.enumerated() {
            let program = plan.programs[Int(instance.program)]
            instances[index].memoryBase = Int32(memoryCount)
            instances[index].historyBase = Int32(historyCount)
            memoryCount += Int(program.memoryCount)
            historyCount += Int(program.historyCount)
        }
        _ = memory.grow(by: memoryCount, with: .min)
        _ = histories.grow(by: historyCount, with: SampleRing())
        // An empty window has a count, too.
        for index in 0..<series.count { _ = test(index) }
    }

    /// A test that one series decides alone.
    private func key(of code: Instruction, _ instance: Instance) -> (series: Int, test: WindowNeeds.Test)? {
        let operand = plan.operands[Int(instance.operandBase + code.a)]
        guard operand.sourceCount == 1, operand.measure.aggregate != .age else { return nil }
        let source = plan.sources[Int(operand.firstSource)]
        let window = source.window.nanoseconds
        return (
            Int(source.series.index),
            WindowNeeds.Test(measure: operand.measure, window: window, threshold: code.constant)
        )
    }

    private func operandIndices(of instance: Instance) -> Range<Int> {
        let first = Int(instance.operandBase)
        return first..<first + Int(plan.programs[Int(instance.program)].operandCount)
    }

    /// Gives every series its shape and its state; returns who reads each.
    private mutating func bindSeries() -> [[Int32]] {
        var needs = Array(repeating: WindowNeeds(), count: plan.series.count)
        var readers: [[Int32]] = Array(repeating: [], count: plan.series.count)
        var memory = Array(repeating: TimeSpan.zero, count: plan.series.count)
        for (index, instance) in plan.instances.enumerated() {
            instances[index].seriesBase = Int32(instanceSeries.count)
            for operand in operandIndices(of: instance) {
                let operand = plan.operands[operand]
                for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
                    let source = plan.sources[Int(at)]
                    let series = Int(source.series.index)
                    needs[series].require(operand.measure, over: source.window.nanoseconds)
                    if readers[series].last != Int32(index) {
                        readers[series].append(Int32(index))
                        memory[series] = max(memory[series], plan.programs[Int(instance.program)].memory)
                        _ = instanceSeries.grow(by: 1, with: Int32(series))
                    }
                }
            }
            instances[index].seriesCount = Int32(instanceSeries.count) - instances[index].seriesBase
            for code in plan.programs[Int(instance.program)].instructions where code.operation == .test {
                guard case (let series, let test)? = key(of: code, instance) else { continue }
                if !needs[series].tests.contains(test) { needs[series].tests.append(test) }
            }
        }
        var (groupsMax, wordsMax) = (1, 1)
        for (index, needs) in needs.enumerated() {
            let number = shapes.shape(for: needs)
            let shape = shapes.shapes[number]
            groupsMax = max(groupsMax, shape.groups)
            wordsMax = max(wordsMax, shape.words)
            var state = SeriesState()
            state.shape = Int32(number)
            state.lanes = Int32(lanes.grow(by: shape.stride, with: .zero))
            state.cursors = Int32(cursors.grow(by: shape.laneCount * 3, with: 0))
            state.words = Int32(truth.grow(by: shape.words * 2, with: 0))
            state.extras = Int32(extras.grow(by: shape.extraCount, with: ExtraState()))
            state.remembers = memory[index] > .zero
            // Of what no rule reads, only the newest sample is kept.
            state.retention =
                shape.windowCount == 0
                ? 0 : max(plan.allowedLateness.nanoseconds, shape.longest + memory[index].nanoseconds)
            state.silence = plan.series[index].silence == .longest ? .max : plan.series[index].silence.nanoseconds
            state.counter = plan.series[index].counter
            state.patience =
                shape.windowCount == 0 ? .max : min(plan.series[index].overdueAfter, shape.shortest, state.silence)
            state.raw = plan.series[index].raw?.index ?? -1
            for extra in 0..<shape.extraCount where shapes.extras[shape.extraBase + extra].kind == .sorted {
                extras[Int(state.extras) + extra].sorted = Int32(sorted.grow(by: 1, with: SortedValues()))
            }
            series[index] = state
            for (row, isPadding) in [
                (shape.maxima, false), (shape.minima, false), (shape.maxima, true), (shape.minima, true),
            ]
            where row >= 0 {
                let rows = view(index).rows
                let range = isPadding ? shape.windowCount..<shape.laneCount : 0..<shape.windowCount
                for lane in range {
                    // Nothing surpasses what stands in a lane without a window.
                    rows[row, lane] = isPadding ? .infinity : -.infinity
                    rows[integerIn: row + shape.groups, lane] = .max
                }
            }
        }
        for index in 0..<series.count { series[index].sensor = Int32(index) }
        for index in 0..<series.count where series[index].raw >= 0 {
            series[Int(series[index].raw)].sensor = Int32(index)
        }
        _ = scratch.grow(by: groupsMax, with: .zero)
        _ = changedWords.grow(by: wordsMax, with: 0)
        return readers
    }

    private mutating func bindOperands() {
        /// What an operand reads, whoever asks.
        struct Key: Hashable {
            var measure: Measure
            var sources: ArraySlice<OperandSource>
        }
        var caches: [Key: Int32] = [:]
        for (index, operand) in plan.operands.enumerated() {
            for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
                let source = plan.sources[Int(at)]
                let shape = Int(series[Int(source.series.index)].shape)
                let lane = shapes.lane(of: source.window.nanoseconds, shape: shape)
                let extra = WindowNeeds.extra(for: operand.measure, over: source.window.nanoseconds)
                layout.sources[Int(at)] = BoundSource(
                    series: source.series.index, lane: lane,
                    extra: extra.map { shapes.extra($0.kind, lane: lane, parameter: $0.parameter, shape: shape) } ?? -1)
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

    private mutating func bindTests() {
        for (index, instance) in plan.instances.enumerated() {
            instances[index].testBase = Int32(layout.tests.count)
            for code in plan.programs[Int(instance.program)].instructions where code.operation == .test {
                var bound = BoundTest()
                if case (let at, let test)? = key(of: code, instance) {
                    let bit = shapes.bit(of: test, shape: Int(series[at].shape))
                    bound = BoundTest(word: series[at].words + bit / 64 * 2, bit: bit % 64)
                }
                _ = layout.tests.grow(by: 1, with: bound)
            }
        }
    }

    /// Who has to be evaluated with every reading, and who when a test comes out differently.
    private mutating func bindReaders(_ all: [[Int32]]) {
        var bits: [[Int: [Int32]]] = Array(repeating: [:], count: all.count)
        var always: [Set<Int32>] = Array(repeating: [], count: all.count)
        for (index, instance) in plan.instances.enumerated() {
            let program = layout.programs[Int(instance.program)]
            // A share moves with time, not only when its condition changes.
            let isAlways = plan.programs[Int(instance.program)].historyCount > 0
            for at in 0..<program.decisiveCount {
                let code = layout.instructions[
                    program.firstInstruction + Int(layout.decisive[program.firstDecisive + at])]
                guard code.operation == .operand || code.operation == .test else { continue }
                if !isAlways, code.operation == .test, case (let at, let test)? = key(of: code, instance) {
                    let bit = Int(shapes.bit(of: test, shape: Int(series[at].shape)))
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
            series[index].readerBase = Int32(readers.count)
            series[index].readerCount = Int32(all.count)
            series[index].alwaysCount = Int32(always[index].count)
            for reader in all where always[index].contains(reader) { _ = readers.grow(by: 1, with: reader) }
            for reader in all where !always[index].contains(reader) { _ = readers.grow(by: 1, with: reader) }
            let bitCount = shapes.shapes[Int(series[index].shape)].bitCount
            series[index].bitReaderBase = Int32(bitReaderOffsets.count)
            for bit in 0..<bitCount {
                _ = bitReaderOffsets.grow(by: 1, with: Int32(bitReaders.count))
                for reader in bits[index][bit] ?? [] { _ = bitReaders.grow(by: 1, with: reader) }
            }
            _ = bitReaderOffsets.grow(by: 1, with: Int32(bitReaders.count))
        }
    }

    /// Who has to be evaluated when an instance's level, or its vote, has changed.
    private mutating func bindAskers() {
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
}
