/// The levels that a gateway's alarms can have above normal, lowest first: the names of the ranks 1 to ``count``.
///
///     let ladder = Ladder(["watch", "warning", "severe"])
///     ladder.level(named: "warning")    // rank 2
///     ladder.name(of: ladder.top)       // "severe"
///     ladder.name(of: .normal)          // "normal"
package struct Ladder: Hashable, Sendable {
    /// The name of the level below every ladder.
    package static let normalName = "normal"
    /// The ladder of a gateway whose configuration has none.
    package static let standard = Ladder(["advisory", "watch", "warning", "emergency"])

    /// The names of the levels above normal, lowest first.
    package let names: [String]

    /// - Parameter names: at most ``Level/maximumRank`` names, each once, without "normal".
    package init(_ names: [String]) { self.names = names }

    /// The number of levels above normal.
    package var count: Int { names.count }

    /// The highest level; normal if the ladder is empty.
    package var top: Level { Level(rank: UInt8(names.count)) }

    /// All levels above normal, lowest first.
    package var levels: [Level] { names.indices.map { Level(rank: UInt8($0 + 1)) } }

    /// Returns the level of a name; `nil` for "normal", and for a name that is not on the ladder.
    package func level(named name: String) -> Level? {
        names.firstIndex(of: name).map { Level(rank: UInt8($0 + 1)) }
    }

    /// Returns the name of a level. A level above the ladder, which may come from an older configuration, gets the
    /// highest name.
    package func name(of level: Level) -> String {
        level == .normal ? Self.normalName : names.isEmpty ? Self.normalName : names[min(Int(level.rank), count) - 1]
    }
}

extension Ladder: ExpressibleByArrayLiteral {
    package init(arrayLiteral names: String...) { self.init(names) }
}

extension Ladder: CustomStringConvertible {
    /// The names, lowest first: `advisory, watch, warning, emergency`.
    package var description: String { names.joined(separator: ", ") }
}
