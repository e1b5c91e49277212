package import Telemetry

/// What is known of the message numbers and of the clocks of a decoder's devices, and of the message under way.
struct MessageJudgement {
    enum Number: Equatable {
        /// The profile knows no numbers, or the message has none.
        case none
        /// What stands there is not a number.
        case unreadable
        case repeated
        case new(missing: Int64?)
        case late(countedAt: Instant?)
    }

    private var numbers: [MessageNumbers]
    private var clocks: [ClockJudge]
    /// The devices of which something has changed that has to be stored.
    private var changed: [Int] = []
    private var hasChanged: [Bool]

    private var isSentAgain = false
    /// Whether the message under way, or a part of it, has come before.
    private(set) var hasComeBefore = false
    /// The device's own time in the message under way.
    private var own: Instant?
    /// The number of the newest object in the message under way, and whether it has come before.
    private var newest: (number: Int64, hasComeBefore: Bool)?

    init(_ plans: [DecodingPlan]) {
        numbers = plans.map { MessageNumbers(wraps: $0.profile.sequence?.wraps) }
        clocks = Array(repeating: ClockJudge(), count: plans.count)
        hasChanged = Array(repeating: false, count: plans.count)
    }

    /// Begins with a message.
    mutating func begin(isSentAgain: Bool) {
        self.isSentAgain = isSentAgain
        hasComeBefore = false
        (own, newest) = (nil, nil)
    }

    /// Takes the number that a JSON object gives the message. Objects of one message may share one.
    /// - Parameter own: the time that the object has by the device's clock.
    mutating func takeNumber(of root: JSONValue, own: Instant?, _ plan: DecodingPlan, _ arrival: Instant) -> Number {
        guard let field = plan.profile.sequence, let value = root.at(field.pointer), !value.isNull else { return .none }
        guard let number = value.messageNumber else { return .unreadable }
        if let newest, newest.number == number { return newest.hasComeBefore ? .repeated : .new(missing: nil) }
        let verdict = numbers[plan.index].take(
            number, at: arrival, own: own, isSentAgain: isSentAgain, silence: plan.silence)
        newest = (number, verdict == .repeated)
        note(plan.index)
        switch verdict {
        case .repeated:
            hasComeBefore = true
            return .repeated
        case .new(let missing): return .new(missing: missing)
        case .late(let countedAt): return .late(countedAt: countedAt)
        }
    }

    /// Appends how many messages are missing before the one under way, or takes it back from those that were.
    mutating func appendMissing(_ number: Number, _ plan: DecodingPlan, _ time: EventTime, _ readings: inout [Reading])
    {
        guard let series = plan.missing else { return }
        switch number {
        case .new(let missing?):
            if missing > 0 { numbers[plan.index].dateNewestGap(time.instant) }
            readings.append(Reading(series: series, time: time.instant, value: Double(missing), quality: time.quality))
        case .late(let countedAt?):
            // Where it was counted, so that both are in a window, or neither.
            readings.append(Reading(series: series, time: countedAt, value: -1))
        case .none, .unreadable, .repeated, .new(nil), .late(nil): break
        }
    }

    /// The time that the readings of a message get for the device's own.
    mutating func time(_ own: Instant, _ plan: DecodingPlan, _ arrival: Instant) -> EventTime {
        self.own = own
        return clocks[plan.index].judge(own, arrival: arrival, tolerance: plan.clock, interval: plan.interval)
    }

    /// Ends with a message: judges the times of a SenML pack, and appends what there is to report of the clock.
    /// - Parameter first: the position of the message's first reading.
    mutating func end(_ plan: DecodingPlan, _ arrival: Instant, from first: Int, _ readings: inout [Reading]) {
        guard first < readings.count else { return }
        if plan.profile.format == .senml { judgePack(plan, arrival, from: first, &readings) }
        guard let own else {
            if plan.profile.time != nil { clocks[plan.index].note(arrival) }
            return
        }
        let was = clocks[plan.index].isNoteworthy
        if let offset = clocks[plan.index].report(own, arrival: arrival), let series = plan.clockOffset {
            readings.append(Reading(series: series, time: arrival, value: offset))
        }
        if was || clocks[plan.index].isNoteworthy { note(plan.index) }
    }

    /// The newest record of a pack says what the clock shows. If it is wrong, the records keep their distances from it;
    /// else each is held against the tolerance by itself.
    private mutating func judgePack(
        _ plan: DecodingPlan, _ arrival: Instant, from first: Int, _ readings: inout [Reading]
    ) {
        var newest: Instant?
        var newestPossible: Instant?
        for reading in readings[first...] where !reading.quality.contains(.clockReplaced) {
            newest = max(newest ?? reading.time, reading.time)
            guard reading.time <= arrival + plan.clock.ahead else { continue }
            newestPossible = max(newestPossible ?? reading.time, reading.time)
        }
        guard var shown = newest else { return }
        // One absurd record says nothing of the others.
        if let newestPossible, Self.age(newestPossible, before: shown) == nil { shown = newestPossible }
        let isWrong = time(shown, plan, arrival).quality.contains(.clockReplaced)
        for index in first..<readings.count where !readings[index].quality.contains(.clockReplaced) {
            let own = readings[index].time
            var judged = EventTime(own, arrival: arrival, tolerance: plan.clock)
            if isWrong { judged = EventTime(replacedBy: Self.age(own, before: shown).map { arrival - $0 } ?? arrival) }
            readings[index].time = judged.instant
            readings[index].quality.formUnion(judged.quality)
        }
    }

    /// How much older a record is than another of its pack; `nil` if one of the two times is absurd, as a pack holds
    /// what was gathered since the one before, and no years.
    private static func age(_ time: Instant, before newest: Instant) -> TimeSpan? {
        let (age, overflow) = newest.nanoseconds.subtractingReportingOverflow(time.nanoseconds)
        return !overflow && (0..<TimeSpan.days(1).nanoseconds).contains(age) ? TimeSpan(nanoseconds: age) : nil
    }

    // MARK: what has to survive

    private mutating func note(_ device: Int) {
        guard !hasChanged[device] else { return }
        hasChanged[device] = true
        changed.append(device)
    }

    /// Says that the times of a device's series reach up to this one.
    mutating func noteNewest(_ time: Instant, of device: Int) { clocks[device].note(time) }

    /// Takes over a stored state.
    mutating func restore(_ state: DeviceState, _ plan: DecodingPlan) {
        if state.series == plan.missing, let known = MessageNumbers(state.words, wraps: plan.profile.sequence?.wraps) {
            numbers[plan.index] = known
        }
        if state.series == plan.clockOffset, let known = ClockJudge(state.words) { clocks[plan.index] = known }
    }

    /// Appends the states of the devices that have changed since they were stored.
    func appendChanged(_ plans: [DecodingPlan], to states: inout [DeviceState]) {
        for device in changed {
            if let series = plans[device].missing {
                states.append(DeviceState(series: series, words: numbers[device].words))
            }
            if let series = plans[device].clockOffset {
                states.append(DeviceState(series: series, words: clocks[device].words))
            }
        }
    }

    mutating func noteStored() {
        for device in changed { hasChanged[device] = false }
        changed.removeAll(keepingCapacity: true)
    }
}

extension PayloadDecoder {
    /// Whether the message decoded last, or a part of it, has come before, by its number.
    package var hasComeBefore: Bool { judgement.hasComeBefore }

    /// Says that the times of a device's series reach up to this one, so that its clock is held against it.
    package func noteNewest(_ time: Instant, of device: Int) { judgement.noteNewest(time, of: device) }
}

extension JSONValue {
    /// A whole number, also as text or with a fraction of nothing: `17`, `"17"`, `17.0`.
    var messageNumber: Int64? {
        if let integer { return integer }
        if let number { return Int64(exactly: number) }
        guard var digits = string.map({ $0[...] }) else { return nil }
        while let last = digits.last, last == UInt8(ascii: " ") { digits = digits.dropLast() }
        while let first = digits.first, first == UInt8(ascii: " ") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard case let place = Int64(digit) - 48, (0...9).contains(place) else { return nil }
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = shifted.addingReportingOverflow(place)
            guard !isTooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }
}
