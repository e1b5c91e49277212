package import Telemetry

/// Describes a decoded message beside its readings: its times by the device's own clock, and the readings that have
/// them.
///
/// The decoder fills it in and judges nothing. Quality control decides whether a time is believed. If it is not,
/// quality control moves the readings and writes the time that counts into ``stamps``. One value is reused for every
/// message, so that its arrays keep their memory.
package struct DecodedMessage: Sendable {
    /// A time that the payload gives to some of its readings.
    package struct Stamp: Sendable, BitwiseCopyable {
        package enum Origin: Sendable, BitwiseCopyable {
            /// The payload gives no time.
            case arrival
            /// The payload has something in the place of the time that is not a time.
            case unreadable
            /// The time is from the device's clock.
            case device
        }
        package let origin: Origin
        /// The device's time, or the arrival time if there is none. Quality control replaces it if it is not believed.
        package var time: Instant
        /// Set if quality control has not believed the time, or if it was unreadable. Then ``time`` is the arrival
        /// time.
        package var isReplaced = false
        /// Set if clocks were set back, and have shown the time twice.
        package var isAmbiguous = false
    }

    /// Consecutive readings that get their times from one stamp.
    package struct Part: Sendable {
        package enum Kind: Sendable, BitwiseCopyable {
            /// Each reading has the stamp's time.
            case moment
            /// The readings are the samples of an array; `newest` is the time of the array's last place. If `isPlaced`
            /// is not set, the device's time would put a sample outside ``Instant/range``; then the samples are placed
            /// before the arrival.
            case samples(newest: Instant, isPlaced: Bool)
            /// Takes back messages that were counted as missing at the stamp's time. Quality control has nothing
            /// against it.
            case correction
        }
        package let readings: Range<Int>
        /// The position in ``DecodedMessage/stamps``.
        package let stamp: Int
        package let kind: Kind
    }

    /// The index of the device in the site's inventory.
    package private(set) var device = 0
    package private(set) var arrival = Instant.distantPast
    /// The position of the message's first reading.
    package private(set) var firstReading = 0
    /// Set if the device gave the message a number.
    package internal(set) var hasNumber = false
    /// Set if the message says that the device is gone.
    package internal(set) var isDeath = false
    /// The stamps, in the order in which the payload has them.
    package var stamps: [Stamp] = []
    package private(set) var parts: [Part] = []

    package init() {}

    mutating func begin(device: Int, arrival: Instant, firstReading: Int) {
        (self.device, self.arrival, self.firstReading) = (device, arrival, firstReading)
        (hasNumber, isDeath) = (false, false)
        removeTimes()
    }

    /// - Returns: the stamp's position.
    mutating func add(_ origin: Stamp.Origin, _ time: Instant, isAmbiguous: Bool = false) -> Int {
        stamps.append(Stamp(origin: origin, time: time, isAmbiguous: isAmbiguous))
        return stamps.count - 1
    }

    /// Adds a part, if it has readings.
    mutating func add(_ readings: Range<Int>, _ kind: Part.Kind, stamp: Int) {
        if !readings.isEmpty { parts.append(Part(readings: readings, stamp: stamp, kind: kind)) }
    }

    mutating func removeTimes() {
        stamps.removeAll(keepingCapacity: true)
        parts.removeAll(keepingCapacity: true)
    }
}
