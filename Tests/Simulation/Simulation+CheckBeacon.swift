import Store
import Telemetry

/// Checks the promise for devices that say that they are gone.
extension Simulation {
    /// A device that is gone is silent at once, and stays so through every restart, until it sends a reading.
    func checkBeacon(_ reader: StoreReader, _ events: [StoreReader.Event]) throws {
        var isGone = false
        var expected: [String] = []
        try reader.forEachReading { device, quantity, reading in
            guard device == "d\(Plant.beacon)" else { return }
            let goes = quantity == "online" && reading.value == 0
            let comes = quantity == "sound_level"
            guard goes && !isGone || comes && isGone else { return }
            isGone.toggle()
            expected.append(isGone ? "no-data" : "cleared")
        }
        let found = events.filter { $0.rule == "present" && $0.group == "s\(Plant.beacon)" }.map(\.kind.rawValue)
        if found != expected {
            let place =
                zip(found, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? min(found.count, expected.count)
            let counts = "the beacon went and came \(expected.count) times, and its alarm moved \(found.count) times"
            fail("\(counts); they differ from move \(place + 1) on")
        }
        let standing = try reader.alarms().filter { $0.rule == "present" && $0.cleared == nil }.count
        if standing != (isGone ? 1 : 0) {
            fail("the beacon is \(isGone ? "gone" : "there") in the end, and \(standing) alarms say that it is gone")
        }
    }
}
