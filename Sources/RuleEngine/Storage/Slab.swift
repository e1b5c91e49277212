// Wrapping operators: both summands are counts of elements in memory.

/// Contiguous storage of plain values, owned by one engine: an array without reference counts.
///
/// Every subscript and every stretch is checked. Unlike `Array`, it has no uniqueness test before each write: it has
/// a single owner.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private(set) var count: Int
    private var capacity: Int

    /// The number of elements that the memory can hold.
    var elementsMax: Int { capacity }

    init(repeating value: Element, count: Int) {
        precondition(count >= 0, "a slab holds no fewer than 0 elements")
        capacity = max(count, 1)
        base = Self.allocate(capacity)
        base.initialize(repeating: value, count: count)
        self.count = count
    }

    /// A copy of `elements`; `filler` is never read.
    init(_ elements: [Element], filler: Element) {
        self.init(repeating: filler, count: elements.count)
        for (index, element) in elements.enumerated() { self[index] = element }
    }

    deinit { base.deallocate() }

    /// Aligned to a cache line, so that an element of a line's size lies in one.
    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer.allocate(
            byteCount: capacity * MemoryLayout<Element>.stride, alignment: max(64, MemoryLayout<Element>.alignment)
        ).bindMemory(to: Element.self, capacity: capacity)
    }

    subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index of a slab is below its count")
            return UnsafePointer(base + index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index of a slab is below its count")
            return base + index
        }
    }

    /// The address of one element. Valid until the slab grows.
    @inline(__always)
    func address(_ index: Int) -> UnsafeMutablePointer<Element> {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index of a slab is below its count")
        return base + index
    }

    /// The address of a stretch, for loops that have to be as fast as they can. Valid until the slab grows.
    @inline(__always)
    func address(_ first: Int, count stretch: Int) -> UnsafeMutablePointer<Element> {
        precondition(
            first >= 0 && stretch >= 0 && first &+ stretch <= count, "a stretch lies within its slab")
        return base + first
    }

    /// Adds `additional` copies of `value` and returns the index of the first. Amortised O(additional).
    mutating func grow(by additional: Int, with value: Element) -> Int {
        let first = count
        if count + additional > capacity {
            let larger = max(capacity * 2, count + additional)
            let moved = Self.allocate(larger)
            moved.moveInitialize(from: base, count: count)
            base.deallocate()
            base = moved
            capacity = larger
        }
        (base + count).initialize(repeating: value, count: additional)
        count += additional
        return first
    }
}

extension Slab where Element == SeriesState {
    subscript(index: SeriesIndex) -> SeriesState {
        @inline(__always) unsafeAddress {
            precondition(
                UInt(bitPattern: index.number) < UInt(bitPattern: count), "a series' index is below their count")
            return UnsafePointer(base + index.number)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(
                UInt(bitPattern: index.number) < UInt(bitPattern: count), "a series' index is below their count")
            return base + index.number
        }
    }

    /// All series.
    var indices: Range<SeriesIndex> { SeriesIndex(0)..<SeriesIndex(count) }

    /// Returns `true` if a number from outside is that of a series.
    @inline(__always)
    func contains(_ index: SeriesIndex) -> Bool { UInt(bitPattern: index.number) < UInt(bitPattern: count) }

    @inline(__always)
    func address(_ index: SeriesIndex) -> UnsafeMutablePointer<SeriesState> { address(index.number) }
}
