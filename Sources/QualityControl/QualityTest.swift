internal import Devices
internal import Telemetry

/// One test of quality. It looks at the readings of one message, and adds flags to them; it removes no flag, and
/// changes no value.
///
/// A test that needs earlier readings keeps a state for each series or device, in arrays of a fixed size. It packs what
/// must survive a restart into a ``Telemetry/DeviceState``, under a series and a tag of its own, and takes it back in
/// ``restore(_:)``. ``QualityStage`` decides when it runs.
protocol QualityTest {
    /// Tests the readings from `message.firstReading` on. Allocates nothing in the steady state.
    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage)
    /// Appends the states that have changed since ``noteStored()``.
    func appendChanged(to states: inout [DeviceState])
    /// The states that were appended are stored.
    mutating func noteStored()
    /// Takes over its own states of those that were stored, and leaves the others.
    mutating func restore(_ states: [DeviceState])
}

/// A test without a memory has nothing to store.
extension QualityTest {
    func appendChanged(to states: inout [DeviceState]) {}
    mutating func noteStored() {}
    mutating func restore(_ states: [DeviceState]) {}
}
