/// Contiguous storage of plain values, owned by one engine: an array without reference counts.
///
/// This file is the engine's only unsafe code. Every subscript is checked; what is left out, against
/// `Array`, is the uniqueness test before each write, which the storage's single owner makes pointless.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private(set) var count: Int
    private var capacity: Int

    init(repeating value: Element, count: Int) {
        capacity = max(count, 1)
        base = .allocate(capacity: capacity)
        base.initialize(repeating: value, count: count)
        self.count = count
    }

    /// A copy of `elements`; `filler` is never read.
    init(_ elements: [Element], filler: Element) {
        self.init(repeating: filler, count: elements.count)
        for (index, element) in elements.enumerated() { self[index] = element }
    }

    deinit { base.deallocate() }

    subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return UnsafePointer(base + index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return base + index
        }
    }

    /// Adds `additional` copies of `value` and returns the index of the first. Amortised O(additional).
    mutating func grow(by additional: Int, with value: Element) -> Int {
        let first = count
        if count + additional > capacity {
            let larger = max(capacity * 2, count + additional)
            let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
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
