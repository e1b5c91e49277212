// The invariants of the containers. Each check stops the program if it fails. For tests and simulations: no reading
// runs them.

extension SampleRing {
    /// Checks that the samples lie inside the memory, in the order of their times. O(count).
    /// - Parameter isByTime: `true` if the owner keeps them in that order.
    func checkInvariants(isByTime: Bool = true) {
        precondition((base == nil) == (capacity == 0), "a ring has memory exactly if it has a capacity")
        precondition(count >= 0 && count <= capacity, "a ring holds at most its capacity")
        precondition(
            head >= 0 && (capacity == 0 ? head == 0 : head < capacity), "the oldest sample is inside the memory")
        guard isByTime else { return }
        for index in 1..<max(1, Int(count)) {
            precondition(self[index - 1].time <= self[index].time, "samples are in the order of their times")
        }
    }
}

extension ExtremeQueue {
    /// Checks that values fall strictly, and times do not fall, from a position on. O(entries).
    /// - Parameter oldest: the longest window's position; earlier entries are not needed, and not kept.
    func checkInvariants(from oldest: QueuePosition) {
        guard base != nil else {
            precondition(end == oldest, "a queue without memory is empty")
            return
        }
        precondition(end.count(since: oldest) <= entriesMax, "a queue holds at most its capacity")
        guard oldest != end else { return }
        var position = oldest.next
        while position != end {
            let (older, newer) = (entry(position.previous), entry(position))
            precondition(older.value > newer.value, "no entry is surpassed by a later one")
            precondition(older.time <= newer.time, "entries are in the order of their times")
            position = position.next
        }
    }
}

extension Slab {
    /// Checks that the elements are inside the memory, which begins at a cache line. O(1).
    func checkInvariants() {
        precondition(count >= 0 && count <= elementsMax, "a slab holds at most its capacity")
        guard count > 0 else { return }
        precondition(Int(bitPattern: address(0)) % 64 == 0, "a slab begins at a cache line")
    }
}

extension LaneBlock {
    /// Checks that the counts of windows are whole, and that a longer window holds no fewer samples. O(windows).
    /// - Parameter windowCount: how many lanes of the first row are windows.
    func checkInvariants(windowCount: Int) {
        var shorter = 0.0
        for lane in Lane(0)..<Lane(windowCount) {
            let count = self[0, lane]
            precondition(count >= shorter && count == count.rounded(), "a longer window holds no fewer samples")
            shorter = count
        }
    }
}
