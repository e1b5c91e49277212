package import Telemetry

/// Turns payload bytes into readings, for the devices of one site.
///
/// A reading gets its time and its value in the canonical unit, and no flag: `QualityControl` judges it. Everything
/// that can be decided in advance is: which series a field feeds, and how its unit becomes the canonical one. A decoder
/// is used by one thread only. It allocates nothing in the steady state.
package final class PayloadDecoder {
    package let site: Site
    let devices: [DecodingPlan]
    private let topics: TopicTable
    let parser: JSONParser
    private let bytesMax: Int
    var sampleBuffer: [Double] = []
    /// The newest unit of each field of each device, at ``DecodingPlan/Field/unitPlace``.
    var senmlUnits: [SenMLUnit]
    /// The state of each device's message numbers.
    var numbering: MessageNumbering
    /// The properties of the message that was decoded last. Quality control changes its times.
    package var message = DecodedMessage()

    /// - Parameters:
    ///   - series: the series of each device and quantity.
    ///   - bytesMax: a longer payload is refused without parsing it.
    package init(site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, bytesMax: Int = 262_144) {
        self.site = site
        self.bytesMax = bytesMax
        var fieldCount = 0
        devices = site.devices.enumerated().map { DecodingPlan($1, $0, series: series, &fieldCount) }
        senmlUnits = Array(repeating: SenMLUnit(), count: fieldCount)
        numbering = MessageNumbering(devices)
        topics = TopicTable(site.devices.map(\.topic))
        parser = JSONParser(bytesMax: bytesMax)
    }

    /// Returns the index in the site's inventory of the device that publishes on a topic.
    package func device(publishingOn topic: UnsafeRawBufferPointer) -> Int? { topics.index(of: topic) }

    /// Appends the readings of a payload; returns what could not be read, if anything.
    ///
    /// The readable parts are appended even if other parts are not readable. A message whose number has come before
    /// gives no reading: then ``hasComeBefore`` is set.
    /// - Parameter isSentAgain: set if the broker may have sent it before.
    package func decode(
        _ payload: UnsafeRawBufferPointer, from device: Int, arrival: Instant, isSentAgain: Bool = false,
        into readings: inout [Reading]
    ) -> PayloadFindings {
        numbering.dateGaps(by: message)
        numbering.begin(isSentAgain: isSentAgain)
        message.begin(device: device, arrival: arrival, firstReading: readings.count)
        var findings = PayloadFindings()
        if payload.count > bytesMax {
            findings.refuse(.tooLong(payload.count, max: bytesMax))
            return findings
        }
        switch parser.parse(payload) {
        case .fault(let text): findings.refuse(.notJSON(text))
        case .blank: findings.noteNoReadings()
        case .document(let root):
            let plan = devices[device]
            let values =
                switch plan.profile.format {
                case .json: decodeJSON(root, plan, arrival, &readings, &findings)
                case .senml: decodeSenML(root, plan, arrival, &readings, &findings)
                }
            if values == 0, !numbering.hasComeBefore { findings.noteNoReadings() }
        }
        return findings
    }
}

/// Everything that decoding one device's payloads needs, computed in advance.
struct DecodingPlan {
    struct Field {
        let series: SeriesID
        let source: Profile.Source
        let quantity: Quantity
        let factor: Double
        let summand: Double
        /// The name of its SenML record, as text for messages and as bytes.
        let recordText: String
        let recordName: [UInt8]
        /// The unit that the profile names, in UTF-8.
        let unitSymbol: [UInt8]
        let unitPlace: Int
    }

    let index: Int
    let deviceID: [UInt8]
    let profile: Profile
    let silence: TimeSpan
    let fields: [Field]
    /// The series of the device's missing messages, if they are wanted.
    let missing: SeriesID?

    init(_ device: Device, _ index: Int, series: (String, Quantity) -> SeriesID, _ fieldCount: inout Int) {
        self.index = index
        profile = device.profile
        deviceID = Array(device.id.utf8)
        silence = device.silence
        missing = device.fields.first { $0.source.isGap }.map { series(device.id, $0.quantity) }
        let fields = device.fields.filter(\.source.isInPayload).map { field in
            let (factor, summand) = field.unit.conversion(to: field.quantity.unit)
            var record = ""
            if case .record(let name) = field.source { record = name }
            defer { fieldCount += 1 }
            return Field(
                series: series(device.id, field.quantity), source: field.source, quantity: field.quantity,
                factor: factor,
                summand: summand, recordText: record, recordName: Array(record.utf8),
                unitSymbol: Array(field.unit.symbol.utf8), unitPlace: fieldCount)
        }
        // If the names of two records have the same end, the longer one is tried first.
        self.fields = fields.enumerated().sorted {
            ($1.element.recordName.count, $0.offset) < ($0.element.recordName.count, $1.offset)
        }.map(\.element)
    }
}

extension PayloadDecoder {
    /// Appends the device states to store with this batch.
    package func appendChangedStates(to states: inout [DeviceState]) {
        numbering.dateGaps(by: message)
        numbering.appendChanged(devices, to: &states)
    }

    /// Call this after the states have been stored.
    package func noteStored() { numbering.noteStored() }

    /// Restores the stored states of devices.
    package func restore(_ states: [DeviceState]) {
        let bySeries = Dictionary(states.map { ($0.series, $0) }) { _, last in last }
        for plan in devices {
            if let state = plan.missing.flatMap({ bySeries[$0] }) { numbering.restore(state, plan) }
        }
    }

    /// Appends a reading of a field from a value in the payload's unit.
    @inline(__always)
    func append(
        _ raw: Double, of field: borrowing DecodingPlan.Field, factor: Double, summand: Double, at time: Instant,
        to readings: inout [Reading]
    ) {
        readings.append(Reading(series: field.series, time: time, value: raw * factor + summand))
    }
}
