internal import Telemetry

/// Keeps the message numbers of a decoder's devices, and the number of the current message.
///
/// Numbers belong to decoding, and not to quality control. They decide which messages give readings at all, and show
/// how many are missing. They say nothing against a reading.
struct MessageNumbering {
    enum Number: Equatable {
        /// The profile has no numbers, or the message has none.
        case none
        /// The value in the number's place is not a number.
        case unreadable
        case repeated
        case new(missing: Int64?)
        case late(countedAt: Instant?)
    }

    /// By device.
    private var numbers: [MessageNumbers]
    /// The series of each device's missing messages, under which its numbers are stored.
    private let missing: [SeriesID?]
    private let wraps: [Int64?]
    /// The session of each device's radio network, as a hash; it is not stored.
    private var sessions: [UInt64?]
    /// The changed states, by device.
    private var changed: UnstoredChanges

    private var isSentAgain = false
    /// Set if the current message, or a part of it, has come before.
    private(set) var hasComeBefore = false
    /// The newest numbers of devices in the current message, and whether they have come before.
    private var newest: [(device: Int, number: Int64, hasComeBefore: Bool)] = []
    private static let newestMax = 16
    /// Set if the message has gaps whose time may still be replaced.
    private var hasUndatedGaps = false

    init(_ devices: [Device], series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        wraps = devices.map { $0.profile.sequence?.wraps }
        numbers = wraps.map { MessageNumbers(wraps: $0) }
        missing = devices.map { device in
            device.fields.first { $0.source.isGap }.map { series(device.id, $0.quantity) }
        }
        sessions = Array(repeating: nil, count: devices.count)
        changed = UnstoredChanges(count: devices.count)
    }

    /// The series of a device's missing messages, if it has one.
    func series(of device: Int) -> SeriesID? { missing[device] }

    /// Begins a message.
    mutating func begin(isSentAgain: Bool) {
        self.isSentAgain = isSentAgain
        newest.removeAll(keepingCapacity: true)
        beginPart()
    }

    /// Begins a part of a message, which has one device.
    mutating func beginPart() { hasComeBefore = false }

    /// Takes the number that an object, or its envelope, gives the message. Several objects of one message may have the
    /// same number.
    /// - Parameters:
    ///   - written: the value in the number's place.
    ///   - own: the object's time by the device's clock, or by its network server.
    ///   - session: the session of the radio network, if a network server names it.
    mutating func take(
        _ number: Int64?, written: JSONValue?, own: Instant?, session: UInt64?, _ plan: DecodingPlan,
        _ arrival: Instant
    ) -> Number {
        guard let number else { return written == nil ? .none : .unreadable }
        if let known = newest.last(where: { $0.number == number && $0.device == plan.device }) {
            hasComeBefore = hasComeBefore || known.hasComeBefore
            return known.hasComeBefore ? .repeated : .new(missing: nil)
        }
        let before = sessions[plan.device]
        sessions[plan.device] = session ?? before
        let verdict = numbers[plan.device].take(
            number, at: arrival, own: own, isServed: plan.layout.countsFrames && plan.layout.time == nil,
            isNewSession: session != nil && before != nil && session != before, isSentAgain: isSentAgain,
            silence: plan.silence)
        // Usually there is one.
        if newest.count == Self.newestMax { newest.removeFirst() }
        newest.append((plan.device, number, verdict == .repeated))
        changed.note(plan.device)
        switch verdict {
        case .repeated:
            hasComeBefore = true
            return .repeated
        case .new(let missing): return .new(missing: missing)
        case .late(let countedAt): return .late(countedAt: countedAt)
        }
    }

    /// Appends how many messages are missing before the current one. A message that was counted as missing is taken
    /// back.
    /// - Parameter stamp: the stamp of the number's object.
    /// - Returns: the stamp of the gap, if the number is taken back from a gap of this same message.
    mutating func appendMissing(
        _ number: Number, _ plan: DecodingPlan, _ time: Instant, stamp: Int, _ readings: inout [Reading]
    ) -> Int? {
        guard let series = missing[plan.device] else { return nil }
        switch number {
        case .new(let missing?):
            if missing > 0 {
                numbers[plan.device].dateNewestGap(time, stamp: stamp)
                hasUndatedGaps = true
            }
            readings.append(Reading(series: series, time: time, value: Double(missing)))
        case .late(let countedAt?):
            // It has the time at which it was counted, so that a window contains both or neither.
            readings.append(Reading(series: series, time: countedAt, value: -1))
            return numbers[plan.device].stampOfNewestCorrection
        case .none, .unreadable, .repeated, .new(nil), .late(nil): break
        }
        return nil
    }

    /// Gives the gaps before the message the times that quality control has left in its stamps.
    mutating func dateGaps(by message: DecodedMessage) {
        guard hasUndatedGaps else { return }
        hasUndatedGaps = false
        numbers[message.device].dateGaps(by: message.stamps)
    }

    // MARK: what has to survive

    /// Restores the stored states of devices.
    mutating func restore(_ states: [DeviceState]) {
        let bySeries = Dictionary(states.map { ($0.series, $0) }) { _, last in last }
        for (device, series) in missing.enumerated() {
            if let state = series.flatMap({ bySeries[$0] }),
                let known = MessageNumbers(state.words, wraps: wraps[device])
            {
                numbers[device] = known
            }
        }
    }

    /// Appends the states of the devices that have changed since they were last stored.
    func appendChanged(to states: inout [DeviceState]) {
        for device in changed.positions {
            if let series = missing[device] {
                states.append(DeviceState(series: series, words: numbers[device].words))
            }
        }
    }

    mutating func noteStored() { changed.removeAll() }
}

extension PayloadDecoder {
    /// Set if the message decoded last, or a part of it, has come before, by its number.
    package var hasComeBefore: Bool { numbering.hasComeBefore }
}

extension JSONValue {
    /// A whole number, also as text or with a fraction of 0: `17`, `"17"`, `17.0`.
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
