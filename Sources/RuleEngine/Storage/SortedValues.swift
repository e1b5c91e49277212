// Wrapping operators: numbers of slots, lanes and entries of memory that is allocated, far below their types' ends.

/// The values of a window in order, for exact quantiles: short sorted blocks, and the first value of each by itself.
///
/// The place of a value is counted, not searched. It is the number of blocks that begin with a value not above it,
/// then the number of such values in the block. These loops have no branches to mispredict and run in vector
/// registers. Then at most a block's values move, instead of half the window's. O(√n) at the sizes that windows have.
/// In the steady state nothing is allocated.
struct SortedValues: BitwiseCopyable {
    private static var blockSize: Int { 64 }
    private var values: UnsafeMutablePointer<Double>?
    /// The first value, the count and the number of each block, in the order of the blocks' values. The numbers of
    /// the spare blocks follow those in use.
    private var firsts: UnsafeMutablePointer<Double>?
    private var counts: UnsafeMutablePointer<Int>?
    private var numbers: UnsafeMutablePointer<Int>?
    private var capacity = 0
    private var blockCount = 0
    private(set) var count = 0

    mutating func removeAll() {
        blockCount = 0
        count = 0
    }

    mutating func insert(_ value: Double) {
        count &+= 1
        if blockCount == 0 {
            addBlock(at: 0)
            firsts.unsafelyUnwrapped[0] = value
        }
        var block = self.block(of: value)
        if counts.unsafelyUnwrapped[block] == Self.blockSize {
            split(block)
            if value >= firsts.unsafelyUnwrapped[block + 1] { block += 1 }
        }
        let start = self.start(block)
        let held = counts.unsafelyUnwrapped[block]
        let at = Self.countNotAbove(value, start, held)
        (start + at + 1).update(from: start + at, count: held - at)
        start[at] = value
        counts.unsafelyUnwrapped[block] = held + 1
        firsts.unsafelyUnwrapped[block] = start[0]
    }

    /// Removes one value, which must be there.
    mutating func remove(_ value: Double) {
        guard count > 0 else { return }
        let block = self.block(of: value)
        let start = self.start(block)
        let held = counts.unsafelyUnwrapped[block]
        let at = Self.countNotAbove(value, start, held) - 1
        guard at >= 0, start[at] == value else { return }
        (start + at).update(from: start + at + 1, count: held - at - 1)
        counts.unsafelyUnwrapped[block] = held - 1
        count &-= 1
        if held == 1 {
            dropBlock(block)
        } else {
            firsts.unsafelyUnwrapped[block] = start[0]
            joinIfSmall(block)
        }
    }

    /// Returns the value of a rank, 0 for the smallest. O(blocks).
    func value(ofRank rank: Int) -> Double {
        precondition(rank >= 0 && rank < count, "a rank is below the number of values")
        var rest = rank
        var block = 0
        while rest >= counts.unsafelyUnwrapped[block] {
            rest -= counts.unsafelyUnwrapped[block]
            block += 1
        }
        return start(block)[rest]
    }

    /// Returns how many values are not above one. O(blocks).
    func rank(upTo value: Double) -> Int {
        guard count > 0 else { return 0 }
        let block = self.block(of: value)
        var before = 0
        for earlier in 0..<block { before += counts.unsafelyUnwrapped[earlier] }
        return before + Self.countNotAbove(value, start(block), counts.unsafelyUnwrapped[block])
    }

    /// Returns the quantile of a share from 0 to 1; there must be a value.
    func quantile(_ share: Double) -> Double {
        let place = share * Double(count - 1)
        let lower = value(ofRank: Int(place))
        let rest = place - place.rounded(.down)
        return rest > 0 ? lower + (value(ofRank: Int(place) + 1) - lower) * rest : lower
    }

    @inline(__always)
    private static func countNotAbove(_ value: Double, _ values: UnsafeMutablePointer<Double>, _ count: Int) -> Int {
        var found = 0
        for index in 0..<count { found &+= values[index] <= value ? 1 : 0 }
        return found
    }

    /// Returns the last block that begins with a value not above this one, or the first block.
    @inline(__always)
    private func block(of value: Double) -> Int {
        max(0, Self.countNotAbove(value, firsts.unsafelyUnwrapped, blockCount) - 1)
    }

    @inline(__always)
    private func start(_ block: Int) -> UnsafeMutablePointer<Double> {
        values.unsafelyUnwrapped + numbers.unsafelyUnwrapped[block] * Self.blockSize
    }

    private mutating func addBlock(at block: Int) {
        if blockCount == capacity { grow() }
        let number = numbers.unsafelyUnwrapped[blockCount]
        (numbers.unsafelyUnwrapped + block + 1).update(
            from: numbers.unsafelyUnwrapped + block, count: blockCount - block)
        (counts.unsafelyUnwrapped + block + 1).update(from: counts.unsafelyUnwrapped + block, count: blockCount - block)
        (firsts.unsafelyUnwrapped + block + 1).update(from: firsts.unsafelyUnwrapped + block, count: blockCount - block)
        numbers.unsafelyUnwrapped[block] = number
        counts.unsafelyUnwrapped[block] = 0
        blockCount += 1
    }

    private mutating func dropBlock(_ block: Int) {
        let number = numbers.unsafelyUnwrapped[block]
        blockCount -= 1
        (numbers.unsafelyUnwrapped + block).update(
            from: numbers.unsafelyUnwrapped + block + 1, count: blockCount - block)
        (counts.unsafelyUnwrapped + block).update(from: counts.unsafelyUnwrapped + block + 1, count: blockCount - block)
        (firsts.unsafelyUnwrapped + block).update(from: firsts.unsafelyUnwrapped + block + 1, count: blockCount - block)
        numbers.unsafelyUnwrapped[blockCount] = number
    }

    private mutating func split(_ block: Int) {
        addBlock(at: block + 1)
        let half = Self.blockSize / 2
        start(block + 1).update(from: start(block) + half, count: half)
        counts.unsafelyUnwrapped[block] = half
        counts.unsafelyUnwrapped[block + 1] = half
        firsts.unsafelyUnwrapped[block + 1] = start(block + 1)[0]
    }

    /// Joins neighbours that together fill less than half a block, so that blocks stay few.
    private mutating func joinIfSmall(_ block: Int) {
        let next = block + 1
        guard next < blockCount,
            case let (held, more) = (counts.unsafelyUnwrapped[block], counts.unsafelyUnwrapped[next]),
            held + more < Self.blockSize / 2
        else { return }
        (start(block) + held).update(from: start(next), count: more)
        counts.unsafelyUnwrapped[block] = held + more
        dropBlock(next)
    }

    private mutating func grow() {
        let larger = max(4, capacity * 2)
        func moved<T: BitwiseCopyable>(_ old: UnsafeMutablePointer<T>?, _ used: Int, _ size: Int, _ filler: T)
            -> UnsafeMutablePointer<T>
        {
            let new = UnsafeMutablePointer<T>.allocate(capacity: size)
            new.initialize(repeating: filler, count: size)
            if let old { new.update(from: old, count: used) }
            old?.deallocate()
            return new
        }
        values = moved(values, capacity * Self.blockSize, larger * Self.blockSize, 0)
        firsts = moved(firsts, capacity, larger, 0)
        counts = moved(counts, capacity, larger, 0)
        let order = moved(numbers, capacity, larger, 0)
        for number in capacity..<larger { order[number] = number }
        numbers = order
        capacity = larger
    }

    func free() {
        values?.deallocate()
        firsts?.deallocate()
        counts?.deallocate()
        numbers?.deallocate()
    }

    /// Checks that the blocks hold all values in order, and that each block is used once. O(count). For tests.
    func checkInvariants() {
        precondition(
            blockCount >= 0 && blockCount <= capacity, "there are at most as many blocks as there is memory for")
        guard blockCount > 0 else { return precondition(count == 0, "without blocks there are no values") }
        var (total, last) = (0, -Double.infinity)
        var used: Set<Int> = []
        for block in 0..<blockCount {
            let held = counts.unsafelyUnwrapped[block]
            precondition(held > 0 && held <= Self.blockSize, "a block is neither empty nor overfull")
            precondition(firsts.unsafelyUnwrapped[block] == start(block)[0], "the first value of each block is known")
            precondition(used.insert(numbers.unsafelyUnwrapped[block]).inserted, "no block is used twice")
            for at in 0..<held {
                precondition(last <= start(block)[at], "values are in order")
                last = start(block)[at]
            }
            total += held
        }
        precondition(total == count, "the blocks hold all values")
    }
}
