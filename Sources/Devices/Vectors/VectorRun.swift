package import Telemetry

/// Decodes one payload by a profile, for a device that has no other properties.
package struct VectorRun: Sendable {
    package struct GivenReading: Sendable {
        package var quantity: Quantity
        /// The unit of the payload.
        package var unit: Unit
        /// In the canonical unit of the quantity.
        package var value: Double
        package var time: Instant

        /// The value in the unit of the payload.
        package var shown: Double {
            let (factor, summand) = quantity.unit.conversion(to: unit)
            return value * factor + summand
        }
    }

    package var readings: [GivenReading] = []
    package var findings = PayloadFindings()
    /// Why the payload gave no reading of a quantity, in the order of the profile.
    package var passedOver: [(quantity: String, reason: String)] = []
    /// The JSON that a payload of plain text or bytes was rewritten as.
    package var document: String?

    /// - Returns: `nil` if the topic is not one of the profile's.
    package init?(
        _ profile: Profile, topic: String?, key: String? = nil, payload: ProfileVector.Payload,
        before: [ProfileVector.Earlier] = [], arrival: Instant
    ) {
        guard let device = Device(trying: profile, topic: topic, key: key) else { return nil }
        let site = Site(name: "vectors", timeZone: "UTC", devices: [device], filters: [])
        let quantities = profile.fields.map(\.quantity)
        let decoder = PayloadDecoder(site: site) { _, quantity in
            SeriesID(index: Int32(quantities.firstIndex { $0.name == quantity.name } ?? 0))
        }
        for earlier in before {
            let name = earlier.topic ?? device.topics[0]
            guard let route = Array(name.utf8).withUnsafeBytes({ decoder.route(of: $0) }) else { return nil }
            var readings: [Reading] = []
            _ = earlier.payload.bytes(profile).withUnsafeBytes {
                decoder.decode($0, from: route, arrival: arrival, into: &readings)
            }
        }
        let name = topic ?? device.topics[0]
        guard let route = Array(name.utf8).withUnsafeBytes({ decoder.route(of: $0) }) else { return nil }
        let bytes = payload.bytes(profile)
        var found: [Reading] = []
        decoder.begin(route, arrival: arrival)
        while let findings = bytes.withUnsafeBytes({ decoder.decodeNext($0, into: &found) }) {
            if self.findings.faults.isEmpty, !findings.isWithoutReadings || self.findings.isEmpty {
                self.findings = findings
            }
        }
        if !found.isEmpty, findings.isWithoutReadings { findings = PayloadFindings() }
        document = decoder.documents.text
        let given = Set(found.map { quantities[Int($0.series.index)].name })
        passedOver = bytes.withUnsafeBytes { decoder.passedOver($0, on: name) }.filter { !given.contains($0.quantity) }
        readings = found.map { reading in
            let field = profile.fields[Int(reading.series.index)]
            return GivenReading(
                quantity: field.quantity, unit: field.unit, value: reading.value, time: reading.time)
        }.filter { $0.quantity.name != Profile.missingMessages.name }
    }
}

extension ProfileVector {
    /// Decodes the vector's payload, and compares what it gives with what it must give.
    /// - Returns: a sentence for each difference; empty if there is none.
    package func failures(of profile: Profile) -> [String] {
        let run = VectorRun(
            profile, topic: topic, key: key, payload: payload, before: before, arrival: arrival)
        guard let run else {
            return ["the topic \(topic ?? "") is not one of the profile's"]
        }
        var failures: [String] = []
        for expected in gives {
            let found = run.readings.filter { $0.quantity.name == expected.quantity.name }.map(\.value)
            let isSame = found.count == expected.values.count && zip(found, expected.values).allSatisfy(Self.isSame)
            if isSame { continue }
            let (wanted, got) = (Self.text(expected.values, expected), Self.text(found, expected))
            failures.append("\(expected.quantity.name) must be \(wanted), and is \(found.isEmpty ? "missing" : got)")
        }
        for reading in run.readings {
            if !gives.contains(where: { $0.quantity.name == reading.quantity.name }) {
                let value = NumberText.short(reading.shown, reading.unit)
                failures.append("\(reading.quantity.name) is \(value), and must not be there")
            }
            if let time, reading.time != time {
                failures.append("the time of \(reading.quantity.name) must be \(time), and is \(reading.time)")
            }
        }
        let problems = run.findings.description
        if !problems.isEmpty != hasProblem {
            failures.append(hasProblem ? "the payload must have a problem, and has none" : "a problem: \(problems)")
        }
        return failures
    }

    /// Rounding in a conversion of units is no difference.
    private static func isSame(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)) }

    private static func text(_ values: [Double], _ expected: Expected) -> String {
        let (factor, summand) = expected.quantity.unit.conversion(to: expected.unit)
        return values.map { NumberText.short($0 * factor + summand, expected.unit) }.joined(separator: ", ")
    }
}

extension ProfileVector.Payload {
    /// The payload as a broker has it. A device's own bytes come in the message of a network server, if the profile
    /// wants one.
    fileprivate func bytes(_ profile: Profile) -> [UInt8] {
        switch self {
        case .whole(let bytes): return bytes
        case .inside(let bytes, let port):
            guard profile.messages.contains(where: { $0.envelope != nil }) else { return bytes }
            // As ChirpStack 4 writes it.
            var json = JSONWriter(bytesMax: .max)
            json.open("{")
            json.name("deviceInfo".utf8)
            json.open("{")
            json.close("}")
            json.name("fPort".utf8)
            json.integer(Int64(port))
            json.name("data".utf8)
            json.text(PayloadEncoding.base64(bytes))
            json.close("}")
            return json.bytes
        }
    }
}

extension Device {
    /// A device of a profile whose labels are those of a topic. Labels that the topic does not have are the word `x`.
    fileprivate init?(trying profile: Profile, topic: String?, key: String?) {
        let patterns = profile.messages.map(\.topic)
        var labels: [String: String] = [:]
        if let topic {
            let found = patterns.lazy.compactMap { $0.labels(of: topic) ?? $0.sparkplugLabels(of: topic) }.first
            guard let found else { return nil }
            labels = found
        }
        for label in patterns.flatMap(\.labels) where labels[label] == nil { labels[label] = "x" }
        let id = labels["device"] ?? "x"
        self.init(
            id: id, profile: profile, topics: patterns.map { $0.topic(labels) ?? "" }, key: key ?? id, labels: labels,
            position: nil, interval: profile.interval, silence: profile.silence, clock: profile.clock,
            fields: profile.fields)
    }
}

extension TopicPattern {
    /// Returns the labels of a birth or a death of Sparkplug, for the pattern of the data.
    fileprivate func sparkplugLabels(of topic: String) -> [String: String]? {
        guard let own = SparkplugTopic(text), var other = SparkplugTopic(topic) else { return nil }
        // The birth of a node is also one for its devices.
        if other.device == nil, own.device != nil { other.device = "x" }
        return labels(of: other.data.text)
    }
}
