internal import SparkplugMessages
internal import SwiftProtobuf
package import Telemetry

extension PayloadDecoder {
    /// Takes a message of Sparkplug B into the session of its node, and rewrites its metrics as JSON.
    ///
    /// The protobuf library allocates for every message, so that this format is not free of allocations as others are.
    /// - Returns: blank for a message that is not for a device of the inventory, that says that a device is gone (see
    ///   ``deadPlans``), or that has come before.
    func openSparkplug(_ payload: UnsafeRawBufferPointer, _ route: SparkplugNodes.Route) -> Opened {
        let message: SparkplugPayload
        do {
            message = try SparkplugPayload(serializedBytes: payload)
        } catch {
            return .fault(.sparkplug("it is not a payload of Sparkplug B: its protobuf is broken"))
        }
        guard !message.isCompressed else {
            return .fault(.sparkplug("it is compressed, which is not read: let the node send it without compression"))
        }
        var doubt: String?
        let fingerprint = FNV1a.hash(payload) ^ FNV1a.hash(route.device.utf8)
        switch sparkplug.take(message, route, fingerprint: fingerprint, at: arrival) {
        case .ignore: return .blank
        case .death:
            deadPlans = route.kind == .nodeDeath ? sparkplug.nodes[route.node].plans : [route.plan].compactMap(\.self)
            return .blank
        case .readNamed(let reason): doubt = reason
        case .read: break
        }
        guard let plan = route.plan.map({ plans[$0] }) else { return .blank }
        documents.writer.begin()
        let document = SparkplugDocument(
            message, sparkplug.nodes[route.node].session, device: route.device, doubt: doubt,
            isWanted: { name in plan.fields.contains { $0.recordText == name } }, to: &documents.writer)
        if document.hasUnknown { sparkplug.noteUnknownAlias(route, at: arrival) }
        guard !documents.writer.isTooLong else {
            return .fault(.tooLongRewritten(max: documents.writer.bytesMax))
        }
        return documents.writer.bytes.withUnsafeBytes { rewritten($0, problem: document.problems.first) }
    }

    /// Reads the metrics of a rewritten message. Each has its own time.
    /// - Returns: the number of values that were read.
    func decodeSparkplug(
        _ root: JSONValue, _ plan: DecodingPlan, _ route: SparkplugNodes.Route?, _ readings: inout [Reading],
        _ findings: inout PayloadFindings
    ) -> Int {
        guard let route else { return 0 }
        let first = readings.count
        appendMissing(plan, route, &readings)
        if route.kind.isBirth { appendOnline(true, plan, &readings) }
        let head = readings.count
        var stamp: (position: Int, time: Instant?)?
        _ = root.forEachItem { metric in
            guard let name = metric.member("metric")?.string, let value = metric.member("value"), !value.isNull,
                (192...255).contains(metric.member("quality")?.integer ?? 192)
            else { return }
            for field in plan.fields where name.elementsEqual(field.recordName) {
                guard let number = number(value, of: field, unit: metric.member("unit")?.string, metric, &findings)
                else {
                    continue
                }
                let time = time(of: metric, field, &findings)
                if route.kind.isBirth, isKnown(time, field) { continue }
                if stamp == nil || stamp?.time != time {
                    stamp = (message.add(time == nil ? .arrival : .device, time ?? arrival), time)
                }
                // A time of the future says nothing of what comes later.
                if let time, time <= arrival + .minutes(1) { noteNewest(time, field) }
                readings.append(Reading(series: field.series, time: time ?? arrival, value: number))
                message.add(readings.count - 1..<readings.count, .moment, stamp: stamp?.position ?? 0)
            }
        }
        return readings.count - head + (route.kind.isBirth ? head - first : 0)
    }

    /// A birth repeats the values of before, with their times. An amount since the last message is not repeated either.
    private func isKnown(_ time: Instant?, _ field: DecodingPlan.Field) -> Bool {
        if field.kind == .increment { return true }
        guard let time else { return false }
        return time <= sparkplug.newest[field.unitPlace]
    }

    private func time(
        of metric: JSONValue, _ field: DecodingPlan.Field, _ findings: inout PayloadFindings
    ) -> Instant? {
        guard let written = metric.member("time") else { return nil }
        guard let time = written.integer.flatMap({ Instant(checked: $0.saturatingMultiply(by: 1_000_000)) }) else {
            findings.add(
                .badTime(
                    place: "the time of the metric '\(field.recordText)'", found: written.inWords,
                    reason: "not a number of milliseconds since 1970"))
            return nil
        }
        return time
    }

    private func number(
        _ value: JSONValue, of field: DecodingPlan.Field, unit: UnsafeBufferPointer<UInt8>?, _ metric: JSONValue,
        _ findings: inout PayloadFindings
    ) -> Double? {
        let place = { "the metric '\(field.recordText)'" }
        if let rule = field.rule {
            return ruledNumber(value, of: field, rule, in: metric, unit: unit, &findings, place)
        }
        guard let number = value.number ?? value.boolean.map({ $0 ? 1 : 0 }) else {
            findings.add(.notANumber(place: place(), found: value.inWords))
            return nil
        }
        guard let (factor, summand) = conversion(from: unit, for: field) else {
            findings.add(
                .wrongUnit(
                    place: place(), found: unit.map { JSONValue.printable($0[...]) } ?? "",
                    wanted: field.quantity.unit.dimension.name))
            return nil
        }
        return number * factor + summand
    }

    /// Appends how many messages of the node were missing before this one.
    private func appendMissing(_ plan: DecodingPlan, _ route: SparkplugNodes.Route, _ readings: inout [Reading]) {
        let missing = sparkplug.nodes[route.node].session.missing
        guard missing > 0, let series = numbering.series(of: plan.device) else { return }
        readings.append(Reading(series: series, time: arrival, value: Double(missing)))
        message.add(readings.count - 1..<readings.count, .moment, stamp: message.add(.arrival, arrival))
    }

    func appendOnline(_ isOnline: Bool, _ plan: DecodingPlan, _ readings: inout [Reading]) {
        guard let series = availability.series(of: plan.device) else { return }
        readings.append(Reading(series: series, time: arrival, value: isOnline ? 1 : 0))
        message.add(readings.count - 1..<readings.count, .moment, stamp: message.add(.arrival, arrival))
    }

    /// Notes the times of the newest stored readings, so that a birth that repeats them is known.
    /// - Parameter newestTime: returns the time of the newest stored reading of a series. It is asked once for each
    ///   series of Sparkplug.
    package func noteNewest(_ newestTime: (SeriesID) -> Instant?) {
        guard !sparkplug.isEmpty else { return }
        for plan in plans where plan.layout.format.isSparkplug {
            for field in plan.fields {
                if let time = newestTime(field.series) { noteNewest(time, field) }
            }
        }
    }

    private func noteNewest(_ time: Instant, _ field: DecodingPlan.Field) {
        sparkplug.newest[field.unitPlace] = max(time, sparkplug.newest[field.unitPlace])
    }

    /// Goes on with the sessions of another decoder's nodes, after a reload.
    package func carryOver(_ earlier: PayloadDecoder) { sparkplug.carryOver(earlier.sparkplug) }

    /// Notes that the link to the broker was gone for a while.
    package func noteBreak(at now: Instant) {
        if !sparkplug.isEmpty { sparkplug.noteBreak(at: now) }
    }

    /// Returns commands to the edge nodes that are to be born again, at most as many as given. They are due once: call
    /// this only when they can be sent.
    package func takeRebirthCommands(at now: Instant, atMost limit: Int) -> [RebirthCommand] {
        guard !sparkplug.isEmpty else { return [] }
        return sparkplug.takeRequests(at: now, atMost: limit).map { RebirthCommand(to: $0, at: now) }
    }
}

extension SparkplugPayload {
    /// True for a payload that holds another one, compressed (Sparkplug 3.0.0, section 6.4.5). Its marks are fields
    /// that the generated code keeps by number only, and such a payload has no metric of its own.
    fileprivate var isCompressed: Bool {
        metrics.isEmpty && unknownFields.data.starts(with: Self.compressionMark)
    }

    /// The field `uuid`, number 4, with the text that says so.
    private static let compressionMark = [0x22, 18] + Array("SPBV1.0_COMPRESSED".utf8)
}
