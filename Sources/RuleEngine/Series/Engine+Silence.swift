internal import RulePlan
package import Telemetry

// Wrapping operators: for times and spans see Engine.swift. A pause is between 0 and 200 years.

// What it means that nothing came. While the gateway listens, it is the sensor's silence; at any other time it says
// nothing of the sensor. A series has a time of its own for this: that of its newest sample, and from there on the time
// in which the gateway listened.
extension Engine {
    /// Between two ticks of a gateway that runs there is no more than this; after more it has not listened, or its
    /// clock was set.
    static var longestPause: Int64 { TimeSpan.minutes(1).nanoseconds }

    /// As long as the years that an instant may be of: a clock that is set to and fro adds up to no more.
    static var longestDiscount: Int64 { TimeSpan.days(73_000).nanoseconds }

    /// Says that the gateway is listening at this moment of its clock. To be said before a reading that came after a
    /// pause, so that the pause is not taken for the sensors' silence.
    package mutating func listen(at now: Instant) {
        let time = now.clamped.nanoseconds
        guard listened != .min else {
            listeningSince = time
            listened = time
            for index in 0..<series.count { beginListening(index, at: time) }
            return
        }
        let pause = time &- listened
        if pause > Self.longestPause { discount(TimeSpan(nanoseconds: pause)) }
        if pause < -Self.longestPause { listeningSince = time }
        listened = time
    }

    /// Says that so much has passed by the gateway's clock, and that it has not listened for that long: it was not
    /// there, or its clock was set. What has to last has not lasted longer by it, and no sensor was silent.
    package mutating func discount(_ span: TimeSpan) {
        for index in 0..<series.count {
            series[index].lag = min(series[index].lag.saturatingAdd(span.nanoseconds), Self.longestDiscount)
            series[index].pause = min(series[index].pause.saturatingAdd(span.nanoseconds), Self.longestDiscount)
            series[index].isQuiet = true
        }
        guard listened != .min else { return }
        listened = (Instant(nanoseconds: listened) + span).clamped.nanoseconds
        listeningSince = listened
    }

    /// When the gateway listened last; `nil` before the first time.
    package var listenedUntil: Instant? { listened == .min ? nil : Instant(nanoseconds: listened) }

    /// Since when a series has been listened to, by the gateway's clock; `nil` before that.
    package func heardFrom(_ id: SeriesID) -> Instant? {
        guard let index = index(of: id), series[index].heardFrom != .max else { return nil }
        return Instant(nanoseconds: series[index].heardFrom)
    }

    /// Sets since when a series and its raw twin have been listened to, by the gateway's clock. A series without
    /// readings is no longer silent: the replay of other devices' readings may have made a new device silent.
    package mutating func listenTo(_ id: SeriesID, from time: Instant) {
        guard let index = index(of: id) else { return }
        for index in [index, Int(series[index].raw)] where index >= 0 {
            series[index].heardFrom = time.clamped.nanoseconds
            guard series[index].newest == .min else { continue }
            series[index].pause = 0
            series[index].lag = 0
            series[index].isSilent = false
            expectFirst(index)
        }
    }

    /// Whether no reading of a series has come yet.
    package func isUnheard(_ id: SeriesID) -> Bool {
        index(of: id).map { series[$0].newest == .min } ?? false
    }

    private mutating func beginListening(_ index: Int, at time: Int64) {
        guard series[index].heardFrom == .max, series[index].newest == .min else { return }
        series[index].heardFrom = time
        expectFirst(index)
    }

    /// Sets the timer of a series that has never sent: it may be dead from the beginning.
    private mutating func expectFirst(_ index: Int) {
        let shape = shapes.shapes[Int(series[index].shape)]
        guard shape.windowCount > 0 else { return }
        series[index].lookedAt = series[index].heardFrom
        series[index].wake = nextUnheardLook(index)
        queueTimer(ofSeries: index)
        // That nothing was counted says something only from the end of the first window on.
        _ = test(index)
    }

    /// When a series that has never sent is to be looked at next: when a window has been listened to for its length, or
    /// the sensor is silent.
    mutating func nextUnheardLook(_ index: Int) -> Int64 {
        let state = view(index)
        let (shape, lookedAt) = (state.shape, state.state.pointee.lookedAt)
        var next = state.state.pointee.isSilent || silentAt(index) <= lookedAt ? Int64.max : silentAt(index)
        for lane in 0..<shape.pointee.windowCount {
            let complete = Self.later(state.state.pointee.heardFrom, shapes.lengths[shape.pointee.lengthBase + lane])
            if complete > lookedAt { next = min(next, complete) }
        }
        return next
    }

    /// The sum, or `.max` where there is none.
    @inline(__always)
    static func later(_ time: Int64, _ span: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(span)
        return overflow ? .max : sum
    }

    /// When a series is silent if nothing comes, by its own time.
    @inline(__always)
    mutating func silentAt(_ index: Int) -> Int64 {
        Self.later(series[index].newest == .min ? series[index].heardFrom : series[index].newest, series[index].silence)
    }

    /// Whether a sensor has been silent up to a moment of its series' time. Of a backlog that comes at once, what lies
    /// between its readings was no silence: the gateway has not waited for them.
    @inline(__always)
    mutating func isSilent(_ index: Int, at time: Int64) -> Bool {
        if series[index].isSilent { return true }
        let silent = silentAt(index)
        guard silent != .max, time >= silent else { return false }
        return listened == .min || Self.later(silent, series[index].lag) <= listened
    }

    /// Whether nothing is known of a sensor at a moment of its series' time.
    @inline(__always)
    mutating func isUnknown(_ index: Int, at time: Int64) -> Bool {
        series[index].isInGap || isSilent(index, at: time) || liesInGap(index, at: time)
    }

    /// Whether a moment of the past is later than a sensor's newest reading by more than its silence, as it is where
    /// another sensor's backlog comes first: what the windows still hold says nothing of that moment. Of the present a
    /// delay proves nothing.
    @inline(__always)
    private mutating func liesInGap(_ index: Int, at time: Int64) -> Bool {
        guard time >= silentAt(index), listened != .min, series[index].newest != .min else { return false }
        return listened &- time >= series[index].silence
    }

    /// A moment, in the time of a series: what passed while nobody listened does not pass for it.
    @inline(__always)
    func ownTime(_ index: Int, at now: Int64) -> Int64 { series[index].isQuiet ? now &- series[index].pause : now }

    /// Whether a measure over a window tells all that there was: all but `count` speak of what came.
    @inline(__always)
    mutating func isComplete(_ measure: Measure, _ index: Int, lane: Int) -> Bool {
        measure.aggregate != .count || listened == .min || isCountComplete(index, lane: lane)
    }

    @inline(never)
    private mutating func isCountComplete(_ index: Int, lane: Int) -> Bool {
        let state = series.address(index)
        guard state.pointee.heardFrom != .max else { return false }
        let length = shapes.lengths[shapes.shapes[Int(state.pointee.shape)].lengthBase + lane]
        let look = max(state.pointee.now, state.pointee.lookedAt)
        // A look at a time that has passed by the clock alone, while nobody listened, proves nothing. That a sensor's
        // readings come later than those of others is no such time.
        if state.pointee.pause > 0, Self.later(look, state.pointee.pause) > listened { return false }
        // The readings of a window have come as much later as the sensor's newest has.
        let behind = state.pointee.lag.saturatingSubtract(state.pointee.pause)
        return look.saturatingAdd(behind).saturatingSubtract(length) >= state.pointee.heardFrom
    }

    /// The first sample, or one after a silence or a pause.
    @inline(never)
    mutating func resume(_ index: Int, with sample: Sample) {
        if series[index].heardFrom == .max {
            series[index].heardFrom = sample.time
        } else if series[index].pause > 0 {
            series[index].heardFrom = listeningSince
        }
        series[index].pause = 0
        series[index].isQuiet = false
        series[index].isInGap = false
        guard series[index].isSilent else { return }
        series[index].isSilent = false
        noteSensorNews(index)
    }

    /// Notes which sensors were silent when the gateway listened last, before it stopped: they still are, until they
    /// are heard.
    package mutating func noteSilences(at now: Instant) {
        let now = now.clamped
        listen(at: now)
        for index in 0..<series.count where series[index].newest != .min {
            noteSilence(index, at: now.nanoseconds.saturatingSubtract(series[index].lag))
        }
    }

    /// Notes that a sensor is silent, if it is: every rule that reads it has to be judged.
    mutating func noteSilence(_ index: Int, at time: Int64) {
        guard !series[index].isSilent, isSilent(index, at: time) else { return }
        series[index].isSilent = true
        series[index].isQuiet = true
        noteSensorNews(index)
    }

    /// Every rule that reads a series has to be judged, and what is said of it may rest on other sensors than before.
    private mutating func noteSensorNews(_ index: Int) {
        series[index].isDirty = true
        for at in 0..<Int(series[index].readerCount) {
            let reader = Int(readers[Int(series[index].readerBase) + at])
            instances[reader].hasSensorNews = true
            for asker in 0..<Int(instances[reader].askerCount) {
                instances[Int(askers[Int(instances[reader].askerBase) + asker])].hasSensorNews = true
            }
        }
    }

    /// Which sensors an instance measures with are silent; empty where it measures with one alone.
    @inline(never)
    mutating func silentSensors(of index: Int) -> SilentSensors {
        var voters = [index]
        let base = Int(plan.instances[index].tallyBase)
        for number in 0..<layout.programs[Int(plan.instances[index].program)].tallyCount {
            let tally = layout.tallies[base + number]
            for at in tally.firstMember..<tally.firstMember + tally.memberCount {
                let member = Int(layout.members[Int(at)])
                if layout.programs[Int(plan.instances[member].program)].ballot >= 0 { voters.append(member) }
            }
        }
        var (silent, heard): (Set<Int32>, Set<Int32>) = ([], [])
        for voter in voters {
            let instance = plan.instances[voter]
            let first = Int(instance.operandBase)
            for operand in plan.operands[first..<first + Int(plan.programs[Int(instance.program)].operandCount)]
            where !operand.measure.seesSilence {
                for source in plan.sources[Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)] {
                    let index = Int(source.series.index)
                    if series[index].isSilent {
                        silent.insert(series[index].sensor)
                    } else {
                        heard.insert(series[index].sensor)
                    }
                }
            }
        }
        guard silent.count + heard.count > 1 else { return SilentSensors() }
        return SilentSensors(ids: silent.sorted().map { SeriesID(index: $0) }, othersAreHeard: !heard.isEmpty)
    }
}

/// The silent ones among the sensors that a rule measures with.
struct SilentSensors {
    var ids: [SeriesID] = []
    var othersAreHeard = false
}

/// What is missing of what an instance has to know.
enum Lack: UInt8, BitwiseCopyable {
    case nothing
    /// A sensor has not been heard since the gateway began to listen, and not for long enough to be silent.
    case unheard
    /// There is no sensor in the group that measures it.
    case sensor
    /// All sensors of something that it measures are silent.
    case readings
}

extension Engine {
    /// What is missing of what an instance measures, or of what its votes do, as far as that leaves its ballot or a
    /// level unknown.
    mutating func lack(_ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, at now: Int64) -> Lack {
        if program.ballot >= 0 { isWanted[program.ballot] = true }
        for step in 0..<program.stepCount { isWanted[Int(layout.steps[program.firstStep + step].when)] = true }
        var lack = Lack.nothing
        // Inputs come before what reads them.
        for at in (0..<program.decisiveCount).reversed() {
            let register = Int(layout.decisive[program.firstDecisive + at])
            guard isWanted[register] else { continue }
            isWanted[register] = false
            guard registers[register].isNaN else { continue }
            let code = layout.instructions[program.firstInstruction + register]
            switch code.operation {
            case .operand, .test:
                let operand = layout.operands[Int(instance.operandBase + code.a)]
                guard !operand.measure.seesSilence else { continue }
                lack = lack.joined(self.lack(operand, at: now))
            case .tallied, .atLeast, .all:
                let tally = layout.tallies[Int(instance.tallyBase + code.a)]
                for member in tally.firstMember..<tally.firstMember + tally.memberCount {
                    let voter = instances[Int(layout.members[Int(member)])]
                    if code.b == 0, voter.ballot.isNaN { lack = lack.joined(voter.lack) }
                }
            default: code.forEachInput { isWanted[Int($0)] = true }
            }
        }
        return lack
    }

    private mutating func lack(_ operand: BoundOperand, at now: Int64) -> Lack {
        guard operand.sourceCount > 0 else { return .sensor }
        var isSilent = true
        for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
            let index = Int(layout.sources[Int(at)].series)
            guard !self.isSilent(index, at: ownTime(index, at: now)) else { continue }
            isSilent = false
            if series[index].newest != .min, series[index].pause == 0 { return .nothing }
        }
        return isSilent ? .readings : .unheard
    }
}

extension Lack {
    fileprivate func joined(_ other: Lack) -> Lack { rawValue >= other.rawValue ? self : other }
}
