internal import RulePlan
internal import Telemetry

// What conditions remember (`for`, `then … within`, `share`) was formed without a late reading. It is formed anew as
// if the reading had come in time: a second engine, with that rule in that group alone, is given the samples that
// the series still hold, in the order of their times.
extension Engine {
    /// Forms the memory of every instance anew that reads a series and remembers. O(samples of their series).
    @inline(never)
    mutating func remember(anew index: Int) {
        let state = series[index]
        for at in 0..<Int(state.readerCount) {
            let instance = Int(readers[Int(state.readerBase) + at])
            let program = plan.programs[Int(plan.instances[instance].program)]
            // What asks for other instances remembers their past, which samples do not tell.
            if program.memory > .zero, program.tallyCount == 0 { rememberAnew(instance, program) }
        }
        series[index].isDirty = true
    }

    private mutating func rememberAnew(_ instance: Int, _ program: Program) {
        let (alone, series) = planAlone(instance, program)
        var engine = Engine(alone)
        var samples: [(sample: Sample, series: Int32)] = []
        for (number, index) in series.enumerated() {
            let ring = self.series[index].ring
            for at in 0..<Int(ring.count) { samples.append((ring[at], Int32(number))) }
        }
        // Samples of one time stay in the order of their series and of their arrival.
        let order = samples.indices.sorted { (samples[$0].sample.time, $0) < (samples[$1].sample.time, $1) }
        var changes: [LevelChange] = []
        for at in order {
            let (sample, number) = samples[at]
            _ = engine.ingest(
                Reading(series: SeriesID(index: number), time: Instant(nanoseconds: sample.time), value: sample.value), into: &changes)
        }
        for slot in 0..<Int(program.memoryCount) { memory[Int(instances[instance].memoryBase) + slot] = engine.memory[slot] }
        for slot in 0..<Int(program.historyCount) {
            let at = Int(instances[instance].historyBase) + slot
            histories[at].free()
            histories[at] = engine.histories[slot]
            engine.histories[slot] = SampleRing()  // the memory has changed hands
        }
    }

    /// The plan of one instance by itself, and the series that its own stand for.
    private func planAlone(_ instance: Int, _ program: Program) -> (plan: Plan, series: [Int]) {
        var alone = Plan()
        alone.lateness = plan.lateness
        alone.zone = plan.zone
        alone.programs = [program]
        alone.programs[0].blindLevel = nil
        alone.instances = [Instance(program: 0, operandBase: 0)]
        var series: [Int] = []
        let base = Int(plan.instances[instance].operandBase)
        for operand in plan.operands[base..<base + Int(program.operandCount)] {
            let first = Int32(alone.sources.count)
            for source in plan.sources[Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)] {
                let index = Int(source.series.index)
                let number = series.firstIndex(of: index) ?? series.count
                if number == series.count {
                    series.append(index)
                    alone.series.append(SeriesPlan(interval: plan.series[index].interval))
                }
                alone.sources.append(OperandSource(series: SeriesID(index: Int32(number)), window: source.window))
            }
            alone.operands.append(Operand(operand.measure, firstSource: first, sourceCount: operand.sourceCount))
        }
        return (alone, series)
    }
}
