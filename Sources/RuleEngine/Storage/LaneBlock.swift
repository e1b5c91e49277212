// Wrapping operators: offsets into memory that is allocated.

/// Two windows' values side by side: what the vector registers of both x86-64 and 64-bit Arm hold.
typealias Lanes = SIMD2<Double>

extension Lanes {
    static var width: Int { 2 }
}

/// The rows of one series: memory that is read and written by groups of lanes, or by single lanes.
struct LaneBlock: BitwiseCopyable {
    private let base: UnsafeMutableRawPointer

    init(_ groups: UnsafeMutablePointer<Lanes>) { base = UnsafeMutableRawPointer(groups) }

    @inline(__always)
    subscript(group: Int) -> Lanes {
        get { base.load(fromByteOffset: group &* 16, as: Lanes.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: group &* 16, as: Lanes.self) }
    }

    @inline(__always)
    subscript(integers group: Int) -> SIMD2<Int64> {
        base.load(fromByteOffset: group &* 16, as: SIMD2<Int64>.self)
    }

    /// One lane of the row that begins with a group.
    @inline(__always)
    subscript(row: Int, lane: Int) -> Double {
        get { base.load(fromByteOffset: row &* 16 &+ lane &* 8, as: Double.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: row &* 16 &+ lane &* 8, as: Double.self) }
    }

    @inline(__always)
    subscript(integerIn row: Int, lane: Int) -> Int64 {
        get { base.load(fromByteOffset: row &* 16 &+ lane &* 8, as: Int64.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: row &* 16 &+ lane &* 8, as: Int64.self) }
    }

    /// Asks for `groups` groups to be fetched into the cache.
    @inline(__always)
    func prefetch(_ groups: Int) { Cache.prefetch(base, bytes: groups &* 16) }
}

extension Lanes {
    /// 1 in the lanes that are below zero (−0 included), 0 in the others.
    @inline(__always)
    var signs: SIMD2<UInt64> { unsafeBitCast(self, to: SIMD2<UInt64>.self) &>> 63 }

    /// The larger of two, lane by lane. (The standard library's `pointwiseMax` is a call.)
    @inline(__always)
    func larger(_ other: Self) -> Self {
        Lanes(self[0] > other[0] ? self[0] : other[0], self[1] > other[1] ? self[1] : other[1])
    }
}

extension SIMD2<Int64> {
    /// 1 in the lanes that are below zero, 0 in the others.
    @inline(__always)
    var signs: SIMD2<UInt64> { SIMD2<UInt64>(truncatingIfNeeded: self) &>> 63 }
}

extension SIMD2<UInt64> {
    @inline(__always)
    var isZero: Bool { self[0] | self[1] == 0 }
}
