internal import SparkplugMessages
internal import Telemetry

// Wrapping operators: Sparkplug numbers messages from 0 to 255, and then from 0 again.

typealias SparkplugPayload = Tocsin_Sparkplug_Payload
typealias SparkplugMetric = Tocsin_Sparkplug_Metric

/// The session of an edge node: from its birth to its death (Sparkplug 3.0.0, sections 6.2 and 6.4).
///
/// A birth says which metrics the node and its devices have, each with its name, its type and mostly a short alias. The
/// data has the alias only. So without the birth, or after a message that might have been a new one, an alias means
/// nothing, and nothing is read by it: the value of another sensor would be worse than none. The session then asks the
/// node to be born again.
struct SparkplugSession {
    /// What a birth says about a metric.
    struct Metric {
        var name: String
        var type: SparkplugType?
        /// The unit, by the property `engUnit`.
        var unit: String?
    }

    /// What to do with a message.
    enum Verdict: Equatable {
        /// Read its metrics.
        case read
        /// It is the same message once more, or the death of an earlier session.
        case ignore
        /// Its sender is gone.
        case death
        /// Its metrics are read where it names them itself; by alias they are not, for this reason.
        case readNamed(String)
    }

    private(set) var isBorn = false
    /// The number of the session, by the node's birth.
    private var birthNumber: UInt64?
    /// The number of the next message; `nil` if it is not known.
    private var next: UInt8?
    /// The fingerprints of the newest messages, to know copies.
    private var recent: [UInt64] = []
    /// The reason why aliases are not believed; `nil` if they are.
    private var doubt: String? = Self.waiting
    /// What the births of the node and of its devices have said, by the device's name; the node's is empty.
    ///
    /// An alias should be unique in all of a node. Not every node keeps to that, so that each sender has its own.
    private var born: [String: Birth] = [:]
    /// The number of messages that were missing before the newest one.
    private(set) var missing = 0

    private struct Birth {
        var byName: [String: Metric] = [:]
        /// `nil` for an alias that two metrics have.
        var byAlias: [UInt64: Metric?] = [:]
    }

    static let waiting = "waiting for the birth of its node"
    /// The number of messages by which a copy may come late.
    private static let recentMax = 8
    /// A message that is missing by this many is rather one that comes late.
    private static let missingMax = 200

    /// Takes a message of the node or of one of its devices.
    /// - Parameters:
    ///   - fingerprint: a hash of the topic and the payload.
    ///   - isWanted: set if the sender is in the inventory. Of others only the numbers of their messages count.
    mutating func take(
        _ payload: SparkplugPayload, _ kind: SparkplugTopic.Kind, device: String, fingerprint: UInt64, isWanted: Bool
    ) -> Verdict {
        missing = 0
        if kind == .nodeDeath { return takeNodeDeath(payload) }
        if recent.contains(fingerprint), payload.hasSeq { return .ignore }
        if kind == .nodeBirth {
            self = SparkplugSession()
            isBorn = true
            doubt = nil
            birthNumber = payload.metrics.first { $0.name == Self.birthNumberName }.flatMap(\.unsignedValue)
        } else if payload.hasSeq, let next {
            let seq = UInt8(truncatingIfNeeded: payload.seq)
            if seq != next {
                let count = Int(seq &- next)
                missing = count > Self.missingMax ? 0 : count
                doubt = "a message of its node is missing (number \(next), and \(seq) came): waiting for the next birth"
            }
        }
        recent.append(fingerprint)
        if recent.count > Self.recentMax { recent.removeFirst() }
        if payload.hasSeq { next = UInt8(truncatingIfNeeded: payload.seq) &+ 1 }
        switch kind {
        // The node's own birth also says how its death is known.
        case .nodeBirth, .deviceBirth: if isWanted || kind == .nodeBirth { learn(payload.metrics, of: device) }
        case .deviceDeath:
            born[device] = nil
            return .death
        case .nodeData, .deviceData, .nodeDeath: break
        }
        return doubt.map { .readNamed($0) } ?? .read
    }

    /// The last will of an earlier session may come after the birth of the next one. It has the number of its own.
    private mutating func takeNodeDeath(_ payload: SparkplugPayload) -> Verdict {
        let number = payload.metrics.first { metric in
            metric.hasName
                ? metric.name == Self.birthNumberName
                : born[""]?.byAlias[metric.alias]??.name == Self.birthNumberName || payload.metrics.count == 1
        }.flatMap(\.unsignedValue)
        if isBorn, let number, let birthNumber, number != birthNumber { return .ignore }
        self = SparkplugSession()
        return .death
    }

    /// Notes that messages of the node may have been missed: the link to the broker was gone for a while.
    mutating func noteBreak() {
        guard isBorn else { return }
        doubt = "the link to the broker was lost: waiting for the next birth"
        next = nil
    }

    private mutating func learn(_ metrics: [SparkplugMetric], of device: String) {
        var birth = Birth()
        for metric in metrics where metric.hasName {
            let known = Metric(
                name: metric.name, type: SparkplugType(code: metric.datatype), unit: metric.engineeringUnit)
            birth.byName[metric.name] = known
            guard metric.hasAlias else { continue }
            if let other = birth.byAlias[metric.alias], other?.name != metric.name {
                birth.byAlias[metric.alias] = .some(nil)
            } else {
                birth.byAlias[metric.alias] = known
            }
        }
        born[device] = birth
    }

    /// Returns what is known of a metric; `nil` if its alias is unknown, has two meanings, or is not believed.
    func metric(_ metric: SparkplugMetric, of device: String) -> Metric? {
        let named = metric.hasName && !metric.name.isEmpty
        let birth = born[device]
        let known = named ? birth?.byName[metric.name] : doubt == nil ? birth?.byAlias[metric.alias] ?? nil : nil
        guard named else { return known }
        // A metric that names itself is read without a birth if its value says all that there is to know.
        return Metric(
            name: metric.name,
            type: SparkplugType(code: metric.datatype) ?? (doubt == nil ? known?.type : nil),
            unit: metric.engineeringUnit ?? known?.unit)
    }

    /// The metric that numbers the sessions.
    private static let birthNumberName = "bdSeq"
}

extension SparkplugMetric {
    /// The unit in the property `engUnit`, which Ignition and others write.
    fileprivate var engineeringUnit: String? {
        guard hasProperties, let index = properties.keys.firstIndex(of: "engUnit"),
            properties.values.indices.contains(index), case .stringValue(let unit)? = properties.values[index].value
        else { return nil }
        return unit
    }

    /// The code in the property `Quality`: 192 is good, 0 is bad and 500 stale; OPC has other good ones up to 255.
    var qualityCode: UInt64? {
        guard hasProperties, let index = properties.keys.firstIndex(where: { $0.lowercased() == "quality" }),
            properties.values.indices.contains(index)
        else { return nil }
        switch properties.values[index].value {
        case .intValue(let code)?: return UInt64(code)
        case .longValue(let code)?: return code
        default: return nil
        }
    }

    fileprivate var unsignedValue: UInt64? {
        switch value {
        case .longValue(let number)?: number
        case .intValue(let number)?: UInt64(number)
        default: nil
        }
    }
}
