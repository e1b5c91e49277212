internal import Telemetry

/// Everything that decoding one kind of message of one device needs, computed in advance.
final class DecodingPlan {
    /// How a reading is made of a value. A class, since it has much that a loop would copy for each reading.
    final class Field {
        let series: SeriesID
        let source: Profile.Source
        let quantity: Quantity
        let kind: QuantityKind?
        /// From the value in the payload to the canonical unit, with the device's correction.
        let factor: Double
        let summand: Double
        let correction: Correction
        /// Set if an earlier field of the message has the same series: then it counts only if that one is missing.
        let isAlternative: Bool
        let unitPointer: JSONPointer?
        /// `nil` for a value that is a number, and only has to be scaled.
        let rule: ValueRule?
        /// The name of its SenML record, as text for messages and as bytes.
        let recordText: String
        let recordName: [UInt8]
        /// The unit that the profile names, in UTF-8.
        let unitSymbol: [UInt8]
        let unitPlace: Int

        fileprivate init(
            _ field: Profile.Field, _ place: Profile.Place, _ series: SeriesID, unitPlace: Int,
            isAlternative: Bool
        ) {
            self.series = series
            self.isAlternative = isAlternative
            self.unitPlace = unitPlace
            (source, quantity, kind) = (place.source, field.quantity, field.kind)
            correction = field.correction
            let (factor, summand) = correction.applied(to: place.unit.conversion(to: field.quantity.unit))
            unitPointer = place.unitPointer
            if place.rule.isLinear, unitPointer == nil {
                // One multiplication does both.
                rule = nil
                (self.factor, self.summand) = (place.rule.scale * factor, place.rule.offset * factor + summand)
            } else {
                rule = place.rule
                (self.factor, self.summand) = (factor, summand)
            }
            recordText = if case .record(let name) = place.source { name } else { "" }
            recordName = Array(recordText.utf8)
            unitSymbol = Array(place.unit.symbol.utf8)
        }
    }

    /// The device's index in the site's inventory.
    let device: Int
    let deviceID: [UInt8]
    let layout: MessageLayout
    /// The place of the device's object, if the payload has one for each device.
    let object: JSONPointer?
    let silence: TimeSpan
    let fields: [Field]

    init(
        _ device: Device, _ index: Int, message: Int, series: (String, Quantity) -> SeriesID, _ fieldCount: inout Int
    ) {
        self.device = index
        layout = device.profile.messages[message]
        deviceID = Array(device.id.utf8)
        silence = device.silence
        if case .member(let pointer) = layout.selector { object = pointer.member(device.key) } else { object = nil }
        var fields: [Field] = []
        for field in device.fields where field.source.isInPayload {
            for place in field.places where place.message == message {
                let series = series(device.id, field.quantity)
                let isAlternative = fields.contains { $0.series == series }
                fields.append(Field(field, place, series, unitPlace: fieldCount, isAlternative: isAlternative))
                fieldCount += 1
            }
        }
        // If the names of two records have the same end, the longer one is tried first.
        self.fields = fields.enumerated().sorted {
            ($1.element.recordName.count, $0.offset) < ($0.element.recordName.count, $1.offset)
        }.map(\.element)
    }
}

/// The devices that may publish on one topic.
struct Route {
    /// Devices that say in the payload which one they are, by the value at a pointer.
    struct Keyed {
        let pointer: JSONPointer
        let keys: TopicTable
        /// The plans of each key.
        var plans: [[Int]]
    }

    /// A part of the devices, whose messages are read from one document.
    enum Stage {
        /// A device whose message is the whole payload.
        case whole(Int)
        /// Devices with a member of their own in the payload.
        case members([Int])
        case keyed(Keyed)
        /// A topic of Sparkplug: with the plan of its device, or of any device of its node.
        case sparkplug(SparkplugNodes.Route, plan: Int)

        /// Any of its plans; all have the same layout.
        var plan: Int {
            switch self {
            case .whole(let plan), .sparkplug(_, let plan): plan
            case .members(let plans): plans[0]
            case .keyed(let keyed): keyed.plans[0][0]
            }
        }
    }

    private(set) var stages: [Stage] = []

    init(_ route: SparkplugNodes.Route, anyPlan: Int) {
        stages = [.sparkplug(route, plan: route.plan ?? anyPlan)]
    }

    /// A plan of the topic, with its device's key, and the name of its layout.
    typealias Member = (plan: Int, key: String, layout: MessageLayout, name: String)

    init(_ members: [Member]) {
        var groups: [(name: String, selector: MessageLayout.Selector, members: [(plan: Int, key: String)])] = []
        for member in members {
            guard let selector = member.layout.selector else {
                stages.append(.whole(member.plan))
                continue
            }
            if let known = groups.firstIndex(where: { $0.name == member.name }) {
                groups[known].members.append((member.plan, member.key))
            } else {
                groups.append((member.name, selector, [(member.plan, member.key)]))
            }
        }
        for (_, selector, members) in groups {
            switch selector {
            case .member: stages.append(.members(members.map(\.plan)))
            case .value(let pointer): stages.append(.keyed(Keyed(pointer, members)))
            }
        }
    }
}

extension Route.Keyed {
    fileprivate init(_ pointer: JSONPointer, _ members: [(plan: Int, key: String)]) {
        self.pointer = pointer
        var plansByKey: [String: [Int]] = [:]
        for (plan, key) in members { plansByKey[key, default: []].append(plan) }
        let names = plansByKey.keys.sorted()
        keys = TopicTable(names)
        plans = names.map { plansByKey[$0] ?? [] }
    }
}
