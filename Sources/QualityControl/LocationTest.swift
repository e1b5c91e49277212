internal import Devices
internal import Telemetry

/// Tests where a device says it is (QARTOD location test).
///
/// A position that does not exist fails. If a device says that it is far from where the inventory has it, all readings
/// of the message are suspect: a gauge that a flood has taken along measures something else.
struct LocationTest: QualityTest {
    private struct Place {
        let latitude: SeriesID
        let longitude: SeriesID
        /// The position of the inventory, and how far from it the device may be, in metres.
        let home: (position: Position, within: Double)?
    }

    /// By device; `nil` for one that does not know where it is.
    private let places: [Place?]

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        places = site.devices.map { device in
            guard let latitude = device.field(Profile.latitude), let longitude = device.field(Profile.longitude) else {
                return nil
            }
            let home = device.position.flatMap { position in
                device.metresFromPosition.map { (position, $0) }
            }
            return Place(
                latitude: series(device.id, latitude.quantity), longitude: series(device.id, longitude.quantity),
                home: home)
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        guard let place = places[message.device] else { return }
        var (latitude, longitude) = (Double.nan, Double.nan)
        for index in message.firstReading..<max(readings.count, message.firstReading) {
            let (series, value) = (readings[index].series, readings[index].value)
            guard series == place.latitude || series == place.longitude, value.isFinite else { continue }
            if series == place.latitude { latitude = value } else { longitude = value }
            let isPossible = abs(value) <= (series == place.latitude ? 90 : 180)
            readings[index].quality.note(.location, isPossible ? .pass : .fail)
        }
        // A message without a position says nothing about it. Receivers without a fix often send 0, 0.
        guard let home = place.home, abs(latitude) <= 90, abs(longitude) <= 180, latitude != 0 || longitude != 0 else {
            return
        }
        let position = Position(latitude: latitude, longitude: longitude)
        let isFar = home.position.kilometres(to: position) * 1000 > home.within
        for index in message.firstReading..<readings.count {
            readings[index].quality.note(.location, isFar ? .suspect : .pass)
        }
    }
}
