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
    /// What is known of each device's message numbers and of its clock.
    var judgement: MessageJudgement

    /// - Parameters:
    ///   - series: the series of each device and quantity.
    ///   - bytesMax: a longer payload is refused before it is looked into.
    package init(site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, bytesMax: Int = 262_144) {
        self.site = site
        self.bytesMax = bytesMax
        devices = site.devices.enumerated().map { DecodingPlan($1, $0, series: series) }
        judgement = MessageJudgement(devices)
        topics = TopicTable(site.devices.map(\.topic))
        parser = JSONParser(bytesMax: bytesMax)
    }

    /// The index in the site's inventory of the device that publishes on a topic.
    package func device(publishingOn topic: UnsafeRawBufferPointer) -> Int? { topics.index(of: topic) }

    /// Appends the readings of a payload, in the order of their times; returns what did not fit, if anything.
    ///
    /// What fits is appended even where something else in the payload does not. A message whose number has come before
    /// gives no reading: then ``hasComeBefore`` is set.
    /// - Parameter isSentAgain: whether the broker may have sent it before.
    package func decode(
        _ payload: UnsafeRawBufferPointer, from device: Int, arrival: Instant, isSentAgain: Bool = false, into readings: inout [Reading]
    ) -> PayloadFault? {
        judgement.begin(isSentAgain: isSentAgain)
        if payload.count > bytesMax { return .tooLong(payload.count, max: bytesMax) }
        switch parser.parse(payload) {
        case .failure(let fault): return .notJSON(fault.text)
        case .success(let root):
            let plan = devices[device]
            let first = readings.count
            defer { judgement.end(plan, arrival, from: first, &readings) }
            switch plan.profile.format {
            case .json: return decodeJSON(root, plan, arrival, &readings)
            case .senml: return decodeSenML(root, plan, arrival, &readings)
            }
        }
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
        let recordSuffix: [UInt8]
    }

    let index: Int
    let profile: Profile
    let clock: ClockTolerance
    let silence: TimeSpan
    let fields: [Field]
    /// The series of the device's missing messages, and that of its clock, if they are asked for.
    let missing: SeriesID?
    let clockOffset: SeriesID?

    init(_ device: Device, _ index: Int, series: (String, Quantity) -> SeriesID) {
        self.index = index
        profile = device.profile
        clock = device.clock
        silence = device.silence
        func seriesFed(by source: (Profile.Source) -> Bool) -> SeriesID? {
            device.fields.first { source($0.source) }.map { series(device.id, $0.quantity) }
        }
        missing = seriesFed { if case .gap = $0 { true } else { false } }
        clockOffset = seriesFed { if case .clock = $0 { true } else { false } }
        fields = device.fields.filter(\.source.isInPayload).map { field in
            let (factor, summand) = field.unit.conversion(to: field.quantity.unit)
            var suffix: [UInt8] = []
            if case .record(let name) = field.source { suffix = Array(name.utf8) }
            return Field(
                series: series(device.id, field.quantity), source: field.source, quantity: field.quantity, factor: factor,
                summand: summand, plausible: field.plausible, recordSuffix: suffix)
        }
    }
}

extension DecodingPlan.Field {
    /// A reading of this field from a value in the payload's unit.
    @inline(__always)
    func reading(_ raw: Double, factor: Double, summand: Double, at time: Instant, _ quality: Quality) -> Reading {
        let value = raw * factor + summand
        var quality = quality
        if let plausible, !plausible.contains(value) { quality.insert(.implausible) }
        return Reading(series: series, time: time, value: value, quality: quality)
    }
}

/// Why a payload, or a part of it, gave no reading.
package enum PayloadFault: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong(Int, max: Int)
    case notJSON(String)
    case notAnObject
    case noReading
    case notANumber(String)
    case badTime(String)
    case badRate(String)
    case senml(String)

    package var description: String {
        switch self {
        case .tooLong(let count, let max): "\(count) bytes, and at most \(max) are taken"
        case .notJSON(let text): "not JSON: \(text)"
        case .notAnObject: "the payload is not a JSON object"
        case .noReading: "none of the profile's readings is in the payload"
        case .notANumber(let place): "\(place) is not a number"
        case .badTime(let place): "\(place) is not a time of the profile's format"
        case .badRate(let place): "\(place) is not a sample rate above 0"
        case .senml(let text): "not a SenML pack: \(text)"
        }
    }
}
