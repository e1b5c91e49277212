/// A level of the gateway's ladder: 0 is normal, and a higher number is worse.
@usableFromInline
package struct Level: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package var rank: UInt8
    @inlinable package init(rank: UInt8) { self.rank = rank }
    @inlinable package static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
    package static let normal = Level(rank: 0)
    /// The lowest level above normal.
    package static let lowest = Level(rank: 1)
    /// The largest rank: a ladder cannot have more levels than an instance has bits to remember them.
    package static let maximumRank: UInt8 = 8
}
