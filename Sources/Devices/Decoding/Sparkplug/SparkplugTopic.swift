/// A topic of Sparkplug B: `spBv1.0/group/DDATA/node/device` (Sparkplug 3.0.0, section 4).
struct SparkplugTopic: Hashable, Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// The birth, the data and the death of an edge node.
        case nodeBirth = "NBIRTH"
        case nodeData = "NDATA"
        case nodeDeath = "NDEATH"
        /// The same of a device that is connected to a node.
        case deviceBirth = "DBIRTH"
        case deviceData = "DDATA"
        case deviceDeath = "DDEATH"

        var isOfDevice: Bool { rawValue.hasPrefix("D") }
        var isBirth: Bool { self == .nodeBirth || self == .deviceBirth }
        var isDeath: Bool { self == .nodeDeath || self == .deviceDeath }
    }

    /// An edge node, within its group.
    struct Node: Hashable, Sendable {
        var group: String
        var name: String

        /// The topic of commands to the node.
        var commandTopic: String { "\(SparkplugTopic.namespace)/\(group)/NCMD/\(name)" }
    }

    static let namespace = "spBv1.0"

    var kind: Kind
    var node: Node
    /// `nil` for the node itself.
    var device: String?

    /// `nil` if the topic is another one: a command, a state, or one of another namespace.
    init?(_ topic: String) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count >= 4, levels[0] == Self.namespace, let kind = Kind(rawValue: String(levels[2])),
            levels.count == (kind.isOfDevice ? 5 : 4), !levels.contains("")
        else { return nil }
        self.kind = kind
        node = Node(group: String(levels[1]), name: String(levels[3]))
        device = kind.isOfDevice ? String(levels[4]) : nil
    }

    init(_ kind: Kind, of node: Node, device: String? = nil) {
        (self.kind, self.node, self.device) = (kind, node, device)
    }

    var text: String {
        "\(Self.namespace)/\(node.group)/\(kind.rawValue)/\(node.name)\(device.map { "/\($0)" } ?? "")"
    }

    /// The topic of the data of the same sender. Its pattern is the one that a profile has.
    var data: SparkplugTopic { SparkplugTopic(device == nil ? .nodeData : .deviceData, of: node, device: device) }

    /// The filters for everything that a node and its devices send, but for its commands.
    ///
    /// The messages of all devices of a node are numbered in one row. So the gateway has to hear those of devices that
    /// are not in its inventory, too.
    /// - Parameter pattern: the filter of the profile's pattern; `nil` if the topic is not from it.
    func filters(pattern: String?) -> [(topic: String, pattern: String?)] {
        let ofNode = pattern?.split(separator: "/", omittingEmptySubsequences: false).prefix(4).map(String.init)
        return Kind.allCases.map { kind in
            let wide = ofNode.map { levels in
                ([levels[0], levels[1], kind.rawValue, levels[3]] + (kind.isOfDevice ? ["+"] : [])).joined(
                    separator: "/")
            }
            return (SparkplugTopic(kind, of: node, device: kind.isOfDevice ? "+" : nil).text, wide)
        }
    }
}
