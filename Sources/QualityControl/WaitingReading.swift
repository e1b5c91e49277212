internal import Telemetry

/// A reading that waits for the next one, as it is stored.
struct WaitingReading {
    /// Marks a stored state as one of these, in this form.
    private static let tag: UInt64 = 0x5b1c_0001

    let reading: Reading
    /// The number of its copies, and their flags, which differ from its own.
    private let copies: Int
    private let copyQuality: Quality
    /// When it has waited long enough.
    let due: Instant

    /// The reading and its copies.
    var all: [Reading] {
        var copy = reading
        copy.quality = copyQuality
        return [reading] + Array(repeating: copy, count: copies)
    }

    /// Returns the state to store.
    /// - Parameter reading: `nil` if none waits any more.
    static func state(_ reading: Reading?, copies: [Reading], until due: Instant, of series: SeriesID) -> DeviceState {
        var writer = DeviceState.Writer(tag: tag)
        writer.add(Int64(reading == nil ? 0 : 1))
        writer.add(reading?.time.nanoseconds ?? 0)
        writer.add((reading?.value ?? 0).bitPattern)
        writer.add(UInt64(reading?.quality.rawValue ?? 0))
        writer.add(due.nanoseconds)
        writer.add(Int64(copies.count))
        writer.add(UInt64(copies.first?.quality.rawValue ?? 0))
        return DeviceState(series: series, words: writer.words)
    }

    /// Reads a stored state; `nil` if it is of another kind, or no reading was waiting.
    init?(_ state: DeviceState) {
        guard var reader = DeviceState.Reader(state.words, tag: Self.tag), reader.next() == 1 else { return nil }
        let time = Instant(nanoseconds: reader.next())
        let value = Double(bitPattern: UInt64(bitPattern: reader.next()))
        let quality = Quality(rawValue: UInt32(truncatingIfNeeded: reader.next()))
        reading = Reading(series: state.series, time: time, value: value, quality: quality)
        due = Instant(nanoseconds: reader.next())
        copies = min(max(Int(clamping: reader.next()), 0), SeriesTests.copiesMax)
        copyQuality = Quality(rawValue: UInt32(truncatingIfNeeded: reader.next()))
    }
}
