// Wrapping operators: offsets into memory that is allocated.

/// Two windows' values side by side: the width of the vector registers of both x86-64 and 64-bit Arm.
typealias LanePair = SIMD2<Double>

extension LanePair {
    static var width: Int { 2 }
}

/// The rows of one series: memory that is read and written by pairs of lanes, or by single lanes.
struct LaneBlock: BitwiseCopyable {
    private let base: UnsafeMutableRawPointer

    init(_ pairs: UnsafeMutablePointer<LanePair>) { base = UnsafeMutableRawPointer(pairs) }

    @inline(__always)
    subscript(pair: Int) -> LanePair {
        get { base.load(fromByteOffset: pair &* 16, as: LanePair.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: pair &* 16, as: LanePair.self) }
    }

    @inline(__always)
    subscript(integers pair: Int) -> SIMD2<Int64> {
        base.load(fromByteOffset: pair &* 16, as: SIMD2<Int64>.self)
    }

    /// One lane of the row that begins with a pair.
    @inline(__always)
    subscript(row: Int, lane: Lane) -> Double {
        get { base.load(fromByteOffset: row &* 16 &+ lane.number &* 8, as: Double.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: row &* 16 &+ lane.number &* 8, as: Double.self) }
    }

    @inline(__always)
    subscript(integerIn row: Int, lane: Lane) -> Int64 {
        get { base.load(fromByteOffset: row &* 16 &+ lane.number &* 8, as: Int64.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: row &* 16 &+ lane.number &* 8, as: Int64.self) }
    }

    /// Prefetches `pairs` pairs into the cache.
    @inline(__always)
    func prefetch(_ pairs: Int) { Cache.prefetch(base, bytes: pairs &* 16) }
}

extension LanePair {
    /// 1 in the lanes that are below zero (−0 included), 0 in the others.
    @inline(__always)
    var signs: SIMD2<UInt64> { unsafeBitCast(self, to: SIMD2<UInt64>.self) &>> 63 }

    /// The larger of two, lane by lane. (The standard library's `pointwiseMax` is a call.)
    @inline(__always)
    func larger(_ other: Self) -> Self {
        LanePair(self[0] > other[0] ? self[0] : other[0], self[1] > other[1] ? self[1] : other[1])
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
