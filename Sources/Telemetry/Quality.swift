/// The quality of a reading: the tests that found it suspect or wrong, and what is known of its time.
///
/// The tests and their flags are those of IOOS QARTOD. A reading is kept and flagged, and never silently corrected.
/// Only `QualityControl` sets flags. A reading without any has passed its tests.
///
/// The raw value is stored, so a bit keeps its meaning for ever.
@usableFromInline
package struct Quality: OptionSet, Hashable, Sendable, BitwiseCopyable {
    @usableFromInline package var rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The device's own time was not believed; the event time is the arrival time.
    @inlinable package static var clockReplaced: Quality { Quality(rawValue: 1 << 1) }
    /// Arrived after its series had moved on by more than the allowed lateness: stored, but not evaluated.
    @inlinable package static var late: Quality { Quality(rawValue: 1 << 2) }
    /// Not a finite number in the canonical unit: a number near the largest double can become infinite.
    @inlinable package static var notFinite: Quality { Quality(rawValue: 1 << 3) }
    /// The device's time does not name its zone, and lies in an hour that clocks have shown twice: it may be an hour
    /// earlier.
    package static let ambiguousTime = Quality(rawValue: 1 << 4)
    /// No test is set for the series, or none could be applied.
    @inlinable package static var notEvaluated: Quality { Quality(rawValue: 1 << 5) }
    /// Measured while the sensor was in maintenance: nobody knows what it measured.
    @inlinable package static var maintenance: Quality { Quality(rawValue: 1 << 6) }

    // A person's flag of the reading, see `flagged(_:)`. The store keeps it with its span, and not with the reading.
    @inlinable static var operatorPass: Quality { Quality(rawValue: 1 << 7) }
    private static let operatorSuspect = Quality(rawValue: 1 << 29)
    private static let operatorFail = Quality(rawValue: 1 << 30)

    /// A test of the value, of its time or of its place.
    @usableFromInline
    package enum Test: UInt8, Sendable, CaseIterable {
        case grossRange, climatology, spike, rateOfChange, flatLine, attenuatedSignal, location, neighbours
        // These say nothing of the value.
        case gap, timeliness, duplicate

        /// True for a test of the value, or of where it was measured.
        @inlinable package var isOfValue: Bool { rawValue < Test.gap.rawValue }

        /// `gross-range`
        package var name: String {
            switch self {
            case .grossRange: "gross-range"
            case .climatology: "climatology"
            case .spike: "spike"
            case .rateOfChange: "rate-of-change"
            case .flatLine: "flat-line"
            case .attenuatedSignal: "attenuated-signal"
            case .location: "location"
            case .neighbours: "neighbours"
            case .gap: "gap"
            case .timeliness: "timeliness"
            case .duplicate: "duplicate"
            }
        }

        /// The bit that says that the test found the reading suspect.
        @inlinable var suspectBit: UInt32 { self == .grossRange ? 1 << 8 : 1 << (7 + 2 * UInt32(rawValue)) }
        /// The bit that says that the reading failed the test.
        @inlinable var failBit: UInt32 { self == .grossRange ? 1 : suspectBit << 1 }
    }

    /// The reading failed a test, or is suspect by it.
    /// - Parameter flag: any other flag than `suspect` and `fail` gives no bit.
    @inlinable
    package init(_ test: Test, _ flag: QualityFlag) {
        switch flag {
        case .suspect: rawValue = test.suspectBit
        case .fail: rawValue = test.failBit
        case .pass, .notEvaluated, .missing: rawValue = 0
        }
    }

    // Computed, and not stored: a stored one would be looked up for each reading.

    /// The failures that say that the value is wrong: those of tests of the value, and a person's. After a gap, or if
    /// it came late, a value is as good as any other.
    @inlinable static var wrongBits: UInt32 { 0b101_0101_0101_0100_0000_0001 | 1 << 30 }
    /// Whatever keeps a reading out of windows: ``wrongBits``, `late`, `notFinite` and `maintenance`.
    @inlinable static var unusableBits: UInt32 { wrongBits | 0b100_1100 }
    /// The suspicions of all tests and of persons, the failures of those tests that say nothing of the value, and the
    /// doubts about the time.
    @inlinable static var suspectBits: UInt32 { 0b1_1111_1010_1010_1010_1010 << 8 | 1 << 29 | 1 << 8 | 0b1_0110 }
    /// What the tests of the value found, whether any was applied, and the maintenance: a person's flag replaces them.
    private static var replacedBits: UInt32 { 0b111_1111_1111_1111 << 8 | 0b110_0001 }

    /// True if windows take this reading by default: it has not failed a test of its value, is not late, is finite, and
    /// was not measured in maintenance.
    @inlinable package var isUsable: Bool { rawValue & Self.unusableBits == 0 }

    /// True if the reading has failed a test of its value.
    @inlinable package var isImplausible: Bool { rawValue & Self.wrongBits != 0 }

    /// True if a test found the reading suspect, or its time is in doubt, or a person flagged it so, and no person has
    /// flagged it as right. A reading that failed as well may be suspect.
    @inlinable package var isSuspect: Bool {
        rawValue & Self.suspectBits != 0 && rawValue & Self.operatorPass.rawValue == 0
    }

    /// The flag of the reading: that of the most severe test of its value. A doubtful time, a gap before it or a delay
    /// make a reading suspect.
    package var flag: QualityFlag {
        if contains(.notFinite) { return .missing }
        if contains(.operatorPass) { return .pass }
        if isImplausible { return .fail }
        if contains(.maintenance) { return .notEvaluated }
        if isSuspect { return .suspect }
        return contains(.notEvaluated) ? .notEvaluated : .pass
    }

    /// Returns the quality with a person's flag: `pass` and `fail` stand in place of what the tests of the value found,
    /// and `suspect` adds a doubt. What is known of the time stays, and a value that is not finite remains missing.
    /// - Parameter flag: pass, suspect or fail; any other changes nothing.
    package func flagged(_ flag: QualityFlag) -> Quality {
        let rest = Quality(rawValue: rawValue & ~Self.replacedBits)
        switch flag {
        case .pass: return rest.union(Self.operatorPass)
        case .suspect: return union(Self.operatorSuspect)
        case .fail: return rest.union(Self.operatorFail)
        case .notEvaluated, .missing: return self
        }
    }

    /// True if a test or a person found something, or something is doubtful about the time or the sensor.
    package var hasFinding: Bool { !subtracting([.notEvaluated, .operatorPass]).isEmpty }

    /// Returns what one test found; `nil` if it found nothing, or was not applied.
    package func finding(of test: Test) -> QualityFlag? {
        if rawValue & test.failBit != 0 { return .fail }
        return rawValue & test.suspectBit != 0 ? .suspect : nil
    }

    /// Why the reading does not simply pass, each by name: `spike-fail`, `gap-suspect`, `clock-replaced`.
    package var names: [String] {
        let findings = Test.allCases.compactMap { test in finding(of: test).map { "\(test.name)-\($0.name)" } }
        let others: [(Quality, String)] = [
            (.clockReplaced, "clock-replaced"), (.late, "late"), (.notFinite, "not-finite"),
            (.ambiguousTime, "ambiguous-time"), (.maintenance, "maintenance"), (.operatorPass, "operator-pass"),
            (.operatorSuspect, "operator-suspect"), (.operatorFail, "operator-fail"),
        ]
        return findings + others.filter { contains($0.0) }.map(\.1)
    }
}
