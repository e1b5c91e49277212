package import Telemetry

/// Payload bytes → readings, for the devices of one site.
///
/// Everything that can be settled beforehand is: which series a field feeds, how its unit becomes the
/// canonical one. One decoder belongs to one thread. In the steady state nothing is allocated.
package final class PayloadDecoder {
    package let site: Site
    let devices: [DecodingPlan]
    private let topics: TopicTable
    private let parser: JSONParser
    private let bytesMax: Int
    var sampleBuffer: [Double] = []
    /// The checks of the counters whose profile has a largest rate.
    private var counters: CounterChecks
    /// For each field of each device, at ``DecodingPlan/Field/unitPlace``.
    var senmlUnits: [SenMLUnit]
    /// What is known of each device's message numbers and of its clock.
    var judgement: MessageJudgement

    /// - Parameters:
    ///   - series: the series of each device and quantity.
    ///   - bytesMax: a longer payload is refused before it is looked into.
    package init(site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, bytesMax: Int = 262_144) {
        self.site = site
        self.bytesMax = bytesMax
        var fieldCount = 0
        devices = site.devices.enumerated().map { DecodingPlan($1, $0, series: series, &fieldCount) }
        counters = CounterChecks(site, series: series)
        senmlUnits = Array(repeating: SenMLUnit(), count: fieldCount)
        judgement = MessageJudgement(devices)
        topics = TopicTable(site.devices.map(\.topic))
        parser = JSONParser(bytesMax: bytesMax)
    }

    /// The index in the site's inventory of the device that publishes on a topic.
    package func device(publishingOn topic: UnsafeRawBufferPointer) -> Int? { topics.index(of: topic) }

    /// How many payloads were read only after a repair.
    package var repairedCount: Int { parser.repairedCount }

    /// Appends the readings of a payload; returns what did not fit, if anything.
    ///
    /// What fits is appended even where something else in the payload does not. A message whose number has come before
    /// gives no reading: then ``hasComeBefore`` is set.
    /// - Parameter isSentAgain: whether the broker may have sent it before.
    package func decode(
        _ payload: UnsafeRawBufferPointer, from device: Int, arrival: Instant, isSentAgain: Bool = false,
        into readings: inout [Reading]
    ) -> PayloadFindings {
        judgement.begin(isSentAgain: isSentAgain)
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
            let first = readings.count
            defer {
                judgement.end(plan, arrival, from: first, &readings)
                counters.judge(&readings, from: first, device: device)
                plan.countImplausible(&readings, from: first)
            }
            let values =
                switch plan.profile.format {
                case .json: decodeJSON(root, plan, arrival, &readings, &findings)
                case .senml: decodeSenML(root, plan, arrival, &readings, &findings)
                }
            if values == 0, !judgement.hasComeBefore { findings.noteNoReadings() }
        }
        return findings
    }
}

/// What the decoding of one device's payloads needs, settled beforehand.
struct DecodingPlan {
    struct Field {
        let series: SeriesID
        let source: Profile.Source
        let quantity: Quantity
        let factor: Double
        let summand: Double
        let plausible: ClosedRange<Double>?
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
    let clock: ClockTolerance
    let interval: TimeSpan
    let silence: TimeSpan
    let fields: [Field]
    /// The series of the device's missing messages, that of its clock, and that of its implausible readings, if they
    /// are asked for.
    let missing: SeriesID?
    let implausible: SeriesID?
    let clockOffset: SeriesID?

    init(_ device: Device, _ index: Int, series: (String, Quantity) -> SeriesID, _ fieldCount: inout Int) {
        self.index = index
        profile = device.profile
        clock = device.clock
        deviceID = Array(device.id.utf8)
        (interval, silence) = (device.interval, device.silence)
        func seriesFed(by source: (Profile.Source) -> Bool) -> SeriesID? {
            device.fields.first { source($0.source) }.map { series(device.id, $0.quantity) }
        }
        missing = seriesFed { if case .gap = $0 { true } else { false } }
        implausible = seriesFed { if case .plausibility = $0 { true } else { false } }
        clockOffset = seriesFed { if case .clock = $0 { true } else { false } }
        let fields = device.fields.filter(\.source.isInPayload).map { field in
            let (factor, summand) = field.unit.conversion(to: field.quantity.unit)
            var record = ""
            if case .record(let name) = field.source { record = name }
            defer { fieldCount += 1 }
            return Field(
                series: series(device.id, field.quantity), source: field.source, quantity: field.quantity,
                factor: factor,
                summand: summand, plausible: field.plausible, recordText: record, recordName: Array(record.utf8),
                unitSymbol: Array(field.unit.symbol.utf8), unitPlace: fieldCount)
        }
        // Where the names of two records end alike, a record is looked for under the longer one first.
        self.fields = fields.enumerated().sorted {
            ($1.element.recordName.count, $0.offset) < ($0.element.recordName.count, $1.offset)
        }.map(\.element)
    }
}

extension DecodingPlan {
    /// Adds how many of a message's readings are not plausible, if any is.
    func countImplausible(_ readings: inout [Reading], from first: Int) {
        guard let implausible else { return }
        var count = 0
        for index in first..<readings.count where readings[index].quality.contains(.implausible) { count += 1 }
        if count > 0 {
            readings.append(Reading(series: implausible, time: readings[readings.count - 1].time, value: Double(count)))
        }
    }
}

extension PayloadDecoder {
    /// Appends what has to be stored of devices with this batch.
    package func appendChangedStates(to states: inout [DeviceState]) {
        judgement.appendChanged(devices, to: &states)
        counters.appendChanged(to: &states)
    }

    /// To be called when it has been stored.
    package func noteStored() {
        judgement.noteStored()
        counters.noteStored()
    }

    /// Takes over what was stored of devices.
    package func restore(_ states: [DeviceState]) {
        let bySeries = Dictionary(states.map { ($0.series, $0) }) { _, last in last }
        for plan in devices {
            for series in [plan.missing, plan.clockOffset] {
                if let state = series.flatMap({ bySeries[$0] }) { judgement.restore(state, plan) }
            }
        }
        counters.restore(states)
    }

    /// Appends a reading of a field, of a value in the payload's unit.
    @inline(__always)
    func append(
        _ raw: Double, of field: borrowing DecodingPlan.Field, factor: Double, summand: Double, at time: Instant,
        _ quality: Quality,
        to readings: inout [Reading]
    ) {
        let value = raw * factor + summand
        var quality = quality
        // A number near the largest of all may become infinite in another unit.
        if !value.isFinite { quality.insert(.notFinite) }
        if let plausible = field.plausible, !plausible.contains(value) { quality.insert(.implausible) }
        readings.append(Reading(series: field.series, time: time, value: value, quality: quality))
    }
}
