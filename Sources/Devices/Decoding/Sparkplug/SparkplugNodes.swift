internal import SparkplugMessages
internal import SwiftProtobuf
internal import Telemetry

/// The edge nodes of a site, with their sessions, and the plans that their messages feed.
struct SparkplugNodes {
    struct Node {
        let name: SparkplugTopic.Node
        var session = SparkplugSession()
        /// The plan of the node itself; `nil` if the inventory does not have it.
        var ownPlan: Int?
        var devicePlans: [String: Int] = [:]
        var requests = RebirthRequests()

        var plans: [Int] { (ownPlan.map { [$0] } ?? []) + devicePlans.values.sorted() }
    }

    /// A topic of a node: which message it is, and the plan that reads it.
    struct Route {
        var kind: SparkplugTopic.Kind
        var node: Int
        /// The device's name; empty for the node.
        var device = ""
        /// `nil` for a device that is not in the inventory, and for a node that is not.
        var plan: Int?
    }

    private(set) var nodes: [Node] = []
    private(set) var routes: [(topic: String, route: Route)] = []
    private var indices: [SparkplugTopic.Node: Int] = [:]
    /// By the place of the plan's first unit: the newest time that was read of each field.
    var newest: [Instant]

    /// - Parameter plans: those of Sparkplug, with their topics.
    init(_ plans: [(index: Int, topic: String)], fieldCount: Int) {
        newest = Array(repeating: .distantPast, count: plans.isEmpty ? 0 : fieldCount)
        for (index, text) in plans {
            // Reading the inventory has found other topics.
            guard let topic = SparkplugTopic(text) else { continue }
            let place = indices[topic.node] ?? nodes.count
            if place == nodes.count {
                indices[topic.node] = place
                nodes.append(Node(name: topic.node))
            }
            if let device = topic.device {
                nodes[place].devicePlans[device] = index
            } else {
                nodes[place].ownPlan = index
            }
        }
        for (place, node) in nodes.enumerated() {
            for kind in SparkplugTopic.Kind.allCases where !kind.isOfDevice {
                routes.append(
                    (SparkplugTopic(kind, of: node.name).text, Route(kind: kind, node: place, plan: node.ownPlan)))
            }
            for (device, plan) in node.devicePlans.sorted(by: { $0.key < $1.key }) {
                for kind in SparkplugTopic.Kind.allCases where kind.isOfDevice {
                    routes.append(
                        (
                            SparkplugTopic(kind, of: node.name, device: device).text,
                            Route(kind: kind, node: place, device: device, plan: plan)
                        ))
                }
            }
        }
    }

    var isEmpty: Bool { nodes.isEmpty }

    /// Returns the route of a device that is not in the inventory, if its node is: its messages count.
    func strangerRoute(of topic: UnsafeRawBufferPointer) -> Route? {
        guard !isEmpty, topic.count < 1024, topic.starts(with: SparkplugTopic.namespace.utf8),
            let parsed = SparkplugTopic(String(decoding: topic, as: UTF8.self)), let device = parsed.device,
            let node = indices[parsed.node]
        else { return nil }
        return Route(kind: parsed.kind, node: node, device: device)
    }

    /// Takes a message into its node's session.
    mutating func take(
        _ payload: SparkplugPayload, _ route: Route, fingerprint: UInt64, at now: Instant
    ) -> SparkplugSession.Verdict {
        let verdict = nodes[route.node].session.take(
            payload, route.kind, device: route.device, fingerprint: fingerprint, isWanted: route.plan != nil)
        switch verdict {
        case .readNamed: nodes[route.node].requests.note(at: now)
        case .read where route.kind == .nodeBirth: nodes[route.node].requests = RebirthRequests(isBorn: true)
        case .read, .ignore, .death: break
        }
        return verdict
    }

    /// Goes on with the sessions of the same nodes.
    mutating func carryOver(_ earlier: SparkplugNodes) {
        for index in nodes.indices {
            guard let place = earlier.indices[nodes[index].name] else { continue }
            nodes[index].session = earlier.nodes[place].session
            nodes[index].requests = earlier.nodes[place].requests
        }
    }

    /// Asks a node for its birth, since its data has an alias that nobody knows.
    mutating func noteUnknownAlias(_ route: Route, at now: Instant) { nodes[route.node].requests.note(at: now) }

    /// Doubts the sessions of all nodes, and asks for their births: messages may have been missed.
    mutating func noteBreak(at now: Instant) {
        for index in nodes.indices {
            nodes[index].session.noteBreak()
            // A link that comes and goes must not make a node be born again and again.
            nodes[index].requests.note(at: now)
        }
    }

    /// Returns the nodes that are to be asked for a new birth now, at most as many as given.
    mutating func takeRequests(at now: Instant, atMost limit: Int) -> [SparkplugTopic.Node] {
        var asked: [SparkplugTopic.Node] = []
        for index in nodes.indices where asked.count < limit {
            if nodes[index].requests.take(at: now) { asked.append(nodes[index].name) }
        }
        return asked
    }
}

/// When a node is asked to be born again: once after the gateway's start, and when its data cannot be understood.
///
/// A node that does not answer is asked again after five seconds, then after twice that, and so on up to five minutes,
/// and only while it sends. A thousand nodes that all have to be asked must not be asked at once.
struct RebirthRequests {
    private var isWanted: Bool
    private var next = Instant.distantPast
    private var wait = TimeSpan.seconds(5)

    init(isBorn: Bool = false) { isWanted = !isBorn }

    mutating func note(at now: Instant) {
        isWanted = true
        // The clock may have been set back.
        if next > now + .minutes(5) { next = now }
    }

    mutating func take(at now: Instant) -> Bool {
        guard isWanted, now >= next else { return false }
        isWanted = false
        next = now + wait
        wait = min(wait * 2, .minutes(5))
        return true
    }
}

/// A command that asks an edge node to be born again (Sparkplug 3.0.0, section 6.4.20).
package struct RebirthCommand: Sendable {
    package var topic: String
    package var payload: [UInt8]

    init(to node: SparkplugTopic.Node, at now: Instant) {
        topic = node.commandTopic
        var metric = SparkplugMetric()
        metric.name = "Node Control/Rebirth"
        metric.timestamp = UInt64(max(0, now.nanoseconds / 1_000_000))
        metric.datatype = 11
        metric.booleanValue = true
        var message = SparkplugPayload()
        message.timestamp = metric.timestamp
        message.metrics = [metric]
        // Only a message with required fields can fail to be written, and this one has none.
        payload = (try? message.serializedBytes()) ?? []
    }
}
