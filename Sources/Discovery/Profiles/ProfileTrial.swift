internal import Devices
internal import Telemetry

/// What a profile makes of a sample, by the decoder of the gateway.
struct ProfileTrial {
    enum Outcome {
        /// Every reading is there without a fault, and within its plausible range.
        case fits
        /// A part of the payload cannot be read.
        case partly(String)
        /// The profile must not be offered: it would decode the payload wrongly.
        case wrong(String)
        /// Only the battery, the radio link and the like.
        case onlySupporting
        case nothing(String)
    }

    var outcome: Outcome
    /// The quantities that it measures, without supporting ones.
    var quantities: [String] = []
    var supporting: [String] = []
    /// Set if the sample has what a device of the profile is there for, the first quantity that the profile lists, or a
    /// null in its place.
    var hasMain = false
    /// The numbers of a JSON payload that the profile does not read.
    var unread: [String] = []
    /// What speaks against it, although it decodes.
    var doubts: [String] = []

    /// Decodes a sample.
    /// - Parameters:
    ///   - unit: the unit that the device has announced for a plain value.
    ///   - node: the sample, if it is JSON.
    init(
        _ profile: Profile, _ placement: ProfileLibrary.Placement, key: String?, _ sample: TopicRecord.Sample,
        node: JSONNode?, family: Family, unit: String?
    ) {
        let found = VectorRun(
            profile, topic: placement.trialTopic, key: key, payload: .whole(sample.bytes), arrival: sample.arrival)
        guard let run = found else {
            outcome = .nothing("the topic is not one of the profile's")
            return
        }
        var seen: Set<String> = []
        for name in run.readings.map(\.quantity.name) where seen.insert(name).inserted {
            if SupportingQuantity.contains(name) { supporting.append(name) } else { quantities.append(name) }
        }
        hasMain = Self.hasMain(profile, quantities, node)
        outcome = Self.outcome(run, isMeasured: !quantities.isEmpty, isHeard: !supporting.isEmpty)
        if case .nothing = outcome { return }
        if let objection = Self.implausible(run, profile)
            ?? UnitMarks.objection(run, profile, node: node, family: family, announced: unit)
        {
            outcome = .wrong(objection)
        }
        doubts = Self.doubts(run, profile, sample)
        if let node, node.object != nil, !profile.messages.contains(where: { $0.envelope != nil }), !profile.isPack {
            unread = Self.unread(node, profile, placement.message)
        }
    }

    private static func outcome(_ run: VectorRun, isMeasured: Bool, isHeard: Bool) -> Outcome {
        let problems = run.findings.description
        guard isMeasured || isHeard else {
            return .nothing(problems.isEmpty ? run.passedOver.first?.reason ?? "it has no reading" : problems)
        }
        if !problems.isEmpty { return .partly(problems) }
        return isMeasured ? .fits : .onlySupporting
    }

    private static func hasMain(_ profile: Profile, _ quantities: [String], _ node: JSONNode?) -> Bool {
        guard let main = profile.fields.first else { return true }
        if quantities.contains(main.quantity.name) { return true }
        return main.places.contains { place in
            if case .value(let pointer) = place.source { node?.at(pointer.description) != nil } else { false }
        }
    }

    private static func implausible(_ run: VectorRun, _ profile: Profile) -> String? {
        for reading in run.readings {
            guard let field = profile.fields.first(where: { $0.quantity == reading.quantity }),
                let range = field.plausible, !range.contains(reading.value)
            else { continue }
            return field.objection(to: reading.value)
        }
        return nil
    }

    private static func doubts(_ run: VectorRun, _ profile: Profile, _ sample: TopicRecord.Sample) -> [String] {
        guard let newest = run.readings.map(\.time).max() else { return [] }
        let ahead = newest - sample.arrival
        if ahead > profile.clock.ahead {
            return [
                "its time is \(TimeSpanText.spoken(rounded(ahead))) in the future: look at its clock and its time zone"
            ]
        }
        let behind = sample.arrival - newest
        guard !sample.isRetained, behind > profile.clock.behind ?? .hours(1) else { return [] }
        return ["its time is \(TimeSpanText.spoken(rounded(behind))) in the past: look at its clock and its time zone"]
    }

    private static func rounded(_ span: TimeSpan) -> TimeSpan {
        let unit = span >= .minutes(90) ? TimeSpan.hours(1) : span >= .minutes(2) ? .minutes(1) : .seconds(1)
        return unit * ((span.nanoseconds + unit.nanoseconds / 2) / unit.nanoseconds)
    }

    private static let unreadMax = 64

    /// Names of numbers that are about the message, and measure nothing.
    private static let housekeeping: Set<Substring> = [
        "id", "ts", "time", "timestamp", "dateTime", "usUnits", "uptime", "last_seen", "channel", "protocol",
        "subtype", "message_type", "sequence_num", "freq", "freq1", "freq2",
    ]

    /// The pointers of numbers that no field of the message reads.
    private static func unread(_ node: JSONNode, _ profile: Profile, _ message: Int) -> [String] {
        var used: Set<String> = []
        for place in profile.fields.flatMap(\.places) where place.message == message {
            if case .value(let pointer) = place.source { used.insert(pointer.description) }
            if case .samples(let array) = place.source { used.insert(array.pointer.description) }
        }
        let layout = profile.messages[message]
        if let time = layout.time { used.insert(time.pointer.description) }
        if case .member = layout.selector { return [] }
        var unread: [String] = []
        node.forEachNumber { pointer in
            let isUsed = used.contains { pointer == $0 || pointer.hasPrefix($0 + "/") }
            let isHousekeeping = housekeeping.contains(pointer.split(separator: "/").last ?? "")
            if !isUsed, !isHousekeeping, unread.count < unreadMax { unread.append(pointer) }
        }
        return unread
    }
}
