internal import Devices
internal import Telemetry

/// One test of quality. It checks the readings of one message and adds flags to them. It takes back no finding of
/// another test, and changes no values.
///
/// A test that needs earlier readings keeps a state for each series or device, in arrays of a fixed size. It packs the
/// state that must survive a restart into a ``Telemetry/DeviceState``, under a series and a tag of its own.
/// ``restore(_:)`` takes it back. ``QualityStage`` decides when the test runs.
protocol QualityTest {
    /// Tests the readings from `message.firstReading` on. Allocates nothing in the steady state.
    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage)
    /// Appends the states that have changed since ``noteStored()``.
    func appendChanged(to states: inout [DeviceState])
    /// Notes that the appended states are stored.
    mutating func noteStored()
    /// Restores its own states among the stored ones, and ignores the others.
    mutating func restore(_ states: [DeviceState])
}

/// A test without a memory has nothing to store.
extension QualityTest {
    func appendChanged(to states: inout [DeviceState]) {}
    mutating func noteStored() {}
    mutating func restore(_ states: [DeviceState]) {}
}

extension Quality {
    /// Notes what a test found. A value is evaluated once a test of values was applied to it.
    @inline(__always)
    mutating func note(_ test: Test, _ flag: QualityFlag) {
        if flag == .notEvaluated { return }
        if test.isOfValue { rawValue &= ~Quality.notEvaluated.rawValue }
        if flag != .pass { formUnion(Quality(test, flag)) }
    }

    /// The findings of the tests that compare a reading with those before it.
    static let changes = [Test.spike, .rateOfChange, .flatLine, .attenuatedSignal].reduce(into: Quality()) {
        $0.formUnion(Quality($1, .suspect))
        $0.formUnion(Quality($1, .fail))
    }
}
