package import Devices
package import Store
package import Telemetry

extension Site {
    /// Returns what came of each sensor in a span of time, also of those of which nothing came.
    /// - Parameters:
    ///   - day: the name of the span, such as a day.
    ///   - tallies: what came, by series.
    ///   - series: the series of each device and quantity; `nil` for one that the store does not have.
    package func quality(
        _ day: String, from start: Instant, until end: Instant, _ tallies: [SeriesID: QualityTally],
        series: (_ device: String, _ quantity: String) -> SeriesID?
    ) -> [QualityDay] {
        let compared = Set(neighbours.flatMap { group in group.devices.map { "\($0)/\(group.quantity.name)" } })
        func tally(_ device: Device, _ quantity: String) -> QualityTally {
            series(device.id, quantity).flatMap { tallies[$0] } ?? QualityTally()
        }
        return sensors.flatMap { device in
            let numbers =
                device.field(Profile.missingMessages.name) == nil
                ? nil : Int(max(tally(device, Profile.missingMessages.name).sum, 0))
            return device.fields.filter { $0.source.isInPayload && $0.quantity != Profile.online }.map { field in
                QualityDay(
                    day: day, device: device.id, quantity: field.quantity.name,
                    expected: device.expectedReadings(of: field, within: end - start),
                    tally: tally(device, field.quantity.name), limit: device.longestDelay(of: field),
                    hasNeighbours: compared.contains("\(device.id)/\(field.quantity.name)"), missingMessages: numbers)
            }
        }
    }
}

extension Device {
    /// Returns the longest time from the measurement to the storage that is in time. A reading may wait for the next
    /// two in the spike test.
    fileprivate func longestDelay(of field: Profile.Field) -> TimeSpan {
        (field.quality.timeliness ?? interval) + (field.quality.spike == nil ? .zero : interval * 2)
    }

    /// Returns the readings that the interval promises; `nil` for what is only sent when it happens.
    fileprivate func expectedReadings(of field: Profile.Field, within span: TimeSpan) -> Int? {
        // A field with a silence of its own is sent when it changes.
        // Nothing is expected of a sensor in maintenance.
        if field.kind == .event || field.silence != nil || field.maintenance != nil { return nil }
        if case .samples(let array) = field.source {
            guard case .fixed(let hertz) = array.rate else { return nil }
            return Int(span.seconds * hertz)
        }
        return Int((Double(span.nanoseconds) / Double(max(interval.nanoseconds, 1))).rounded())
    }
}
