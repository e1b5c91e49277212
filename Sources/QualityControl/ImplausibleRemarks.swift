package import Devices
package import Telemetry

/// Remembers the newest implausible reading of each device, so that its alarm can name the reading and the reason.
///
/// A text is made only when somebody is about to read it. Noting a reading is O(1) and allocates nothing in the steady
/// state.
package struct ImplausibleRemarks {
    private struct Source {
        /// The position of the device in ``names``.
        let device: Int
        let field: Profile.Field
    }

    /// The source of each series.
    private var sources: [Source?] = []
    private var names: [String] = []
    /// The newest reading of each device that was noted since the remarks were last taken.
    private var noted: [Reading?] = []
    private var waiting: [Int] = []

    package init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID) {
        for device in site.devices {
            for field in device.fields {
                let index = Int(series(device.id, field.quantity).index)
                guard index >= 0 else { continue }
                while sources.count <= index { sources.append(nil) }
                sources[index] = Source(device: names.count, field: field)
            }
            names.append(device.id)
        }
        noted = Array(repeating: nil, count: names.count)
    }

    /// Notes a reading that is implausible.
    package mutating func note(_ reading: Reading) {
        let index = Int(reading.series.index)
        guard sources.indices.contains(index), let device = sources[index]?.device else { return }
        if noted[device] == nil { waiting.append(device) }
        noted[device] = reading
    }

    /// Makes the text of each device's newest remark, unless it has been made already.
    /// - Parameter remarks: gets the texts, by rule and device: `implausible/gauge-1`.
    package mutating func write(to remarks: inout [String: String], rule: String) {
        for device in waiting {
            guard let reading = noted[device], let source = sources[Int(reading.series.index)] else { continue }
            remarks["\(rule)/\(names[device])"] = source.field.objection(to: reading.value, reading.quality)
            noted[device] = nil
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
