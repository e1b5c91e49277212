internal import Telemetry

/// What is known of the message numbers of a decoder's devices, and of the message under way.
///
/// Numbers belong to decoding, and not to quality control: they say which messages give readings at all, and how many
/// are missing. They say nothing against a reading.
struct MessageNumbering {
    enum Number: Equatable {
        /// The profile knows no numbers, or the message has none.
        case none
        /// The value in the number's place is not a number.
        case unreadable
        case repeated
        case new(missing: Int64?)
        case late(countedAt: Instant?)
    }

    private var numbers: [MessageNumbers]
    /// The devices of which something has changed that has to be stored.
    private var changed: [Int] = []
    private var hasChanged: [Bool]

    private var isSentAgain = false
    /// Whether the message under way, or a part of it, has come before.
    private(set) var hasComeBefore = false
    /// The number of the newest object in the message under way, and whether it has come before.
    private var newest: (number: Int64, hasComeBefore: Bool)?
    /// Whether the message has gaps whose time may still be replaced.
    private var hasUndatedGaps = false

    init(_ plans: [DecodingPlan]) {
        numbers = plans.map { MessageNumbers(wraps: $0.profile.sequence?.wraps) }
        hasChanged = Array(repeating: false, count: plans.count)
    }

    /// Begins with a message.
    mutating func begin(isSentAgain: Bool) {
        self.isSentAgain = isSentAgain
        hasComeBefore = false
        newest = nil
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
    /// - Parameter stamp: that of the number's object.
    /// - Returns: for a number that is taken back from a gap of this same message, the stamp of the gap.
    mutating func appendMissing(
        _ number: Number, _ plan: DecodingPlan, _ time: Instant, stamp: Int, _ readings: inout [Reading]
    ) -> Int? {
        guard let series = plan.missing else { return nil }
        switch number {
        case .new(let missing?):
            if missing > 0 {
                numbers[plan.index].dateNewestGap(time, stamp: stamp)
                hasUndatedGaps = true
            }
            readings.append(Reading(series: series, time: time, value: Double(missing)))
        case .late(let countedAt?):
            // Where it was counted, so that both are in a window, or neither.
            readings.append(Reading(series: series, time: countedAt, value: -1))
            return numbers[plan.index].stampOfNewestCorrection
        case .none, .unreadable, .repeated, .new(nil), .late(nil): break
        }
        return nil
    }

    /// Gives the gaps of the message before the times that quality control has left in its stamps.
    mutating func dateGaps(by message: DecodedMessage) {
        guard hasUndatedGaps else { return }
        hasUndatedGaps = false
        numbers[message.device].dateGaps(by: message.stamps)
    }

    // MARK: what has to survive

    private mutating func note(_ device: Int) {
        guard !hasChanged[device] else { return }
        hasChanged[device] = true
        changed.append(device)
    }

    /// Takes over a stored state.
    mutating func restore(_ state: DeviceState, _ plan: DecodingPlan) {
        guard let known = MessageNumbers(state.words, wraps: plan.profile.sequence?.wraps) else { return }
        numbers[plan.index] = known
    }

    /// Appends the states of the devices that have changed since they were stored.
    func appendChanged(_ plans: [DecodingPlan], to states: inout [DeviceState]) {
        for device in changed {
            if let series = plans[device].missing {
                states.append(DeviceState(series: series, words: numbers[device].words))
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
    package var hasComeBefore: Bool { numbering.hasComeBefore }
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
