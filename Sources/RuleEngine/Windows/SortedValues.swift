/// The values of a window in order, for exact quantiles: short sorted blocks in one stretch of memory.
///
/// Adding and removing find a block by its first value and move at most a block's values; a rank is found
/// by the blocks' counts. O(√n) with small constants: at 600 samples some 20 counts and half a block.
/// In the steady state nothing is allocated.
struct SortedValues {
    private static let blockSize = 64
    private var values: [Double] = []
    /// The blocks in order of their values: where each begins in `values`, and how many it holds.
    private var starts: [Int] = []
    private var counts: [Int] = []
    private var spare: [Int] = []
    private(set) var count = 0

    mutating func removeAll() {
        spare += starts
        starts.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        count = 0
    }

    mutating func insert(_ value: Double) {
        count += 1
        if starts.isEmpty { addBlock(at: 0) }
        var block = self.block(of: value)
        if counts[block] == Self.blockSize {
            split(block)
            if value >= values[starts[block + 1]] { block += 1 }
        }
        let start = starts[block]
        var at = start + counts[block]
        while at > start, values[at - 1] > value {
            values[at] = values[at - 1]
            at -= 1
        }
        values[at] = value
        counts[block] += 1
    }

    /// Takes out one value that is there.
    mutating func remove(_ value: Double) {
        var block = self.block(of: value)
        // Equal values may begin in an earlier block.
        while true {
            let start = starts[block], end = start + counts[block]
            var at = start
            while at < end, values[at] < value { at += 1 }
            if at < end, values[at] == value {
                while at + 1 < end {
                    values[at] = values[at + 1]
                    at += 1
                }
                counts[block] -= 1
                count -= 1
                if counts[block] == 0 { dropBlock(block) } else { joinIfSmall(block) }
                return
            }
            guard block > 0 else { return }
            block -= 1
        }
    }

    /// The value of a rank, 0 for the smallest. O(blocks).
    func value(ofRank rank: Int) -> Double {
        var rest = rank
        var block = 0
        while rest >= counts[block] {
            rest -= counts[block]
            block += 1
        }
        return values[starts[block] + rest]
    }

    /// How many values are not above one. O(log n).
    func rank(upTo value: Double) -> Int {
        guard count > 0 else { return 0 }
        let block = self.block(of: value)
        let start = starts[block]
        return counts[..<block].reduce(0, +) + values[start..<start + counts[block]].prefix { $0 <= value }.count
    }

    /// The last block that begins with a value not above this one.
    private func block(of value: Double) -> Int {
        var low = 0, high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if values[starts[middle]] <= value { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    private mutating func addBlock(at block: Int) {
        if spare.isEmpty {
            spare.append(values.count)
            values.append(contentsOf: repeatElement(0, count: Self.blockSize))
        }
        starts.insert(spare.removeLast(), at: block)
        counts.insert(0, at: block)
    }

    private mutating func dropBlock(_ block: Int) {
        spare.append(starts.remove(at: block))
        counts.remove(at: block)
    }

    private mutating func split(_ block: Int) {
        addBlock(at: block + 1)
        let half = Self.blockSize / 2
        for index in 0..<half { values[starts[block + 1] + index] = values[starts[block] + half + index] }
        counts[block] = half
        counts[block + 1] = half
    }

    /// Neighbours that together fill less than half a block become one, so that blocks stay few.
    private mutating func joinIfSmall(_ block: Int) {
        let next = block + 1
        guard next < starts.count, counts[block] + counts[next] < Self.blockSize / 2 else { return }
        for index in 0..<counts[next] { values[starts[block] + counts[block] + index] = values[starts[next] + index] }
        counts[block] += counts[next]
        dropBlock(next)
    }
}
