internal import RulePlan

/// Maximum or minimum of all windows of one series, by one monotonic queue.
///
/// The queue holds the samples that no later one surpasses; its values fall (for a maximum) from the
/// oldest to the newest. Each window's extreme is the first entry inside it, so that every window has
/// only a position of its own. Amortised O(1) a sample, and O(windows) to move the positions.
/// D. Lemire, "Streaming maximum-minimum filter using no more than three comparisons per element" (2006).
enum ExtremeQueue {
    @inline(__always)
    static func push(
        _ sample: Sample, onto queue: inout Ring, in arena: inout SampleArena, maximum: Bool
    ) {
        while queue.tail > queue.head {
            let last = arena.samples[queue.slot(queue.tail - 1)].value
            guard maximum ? last <= sample.value : last >= sample.value else { break }
            queue.tail -= 1
        }
        queue.append(sample, in: &arena)
    }

    /// Moves a window's position to the first entry later than `limit`.
    @inline(__always)
    static func settle(_ position: inout Int, in queue: Ring, after limit: Int64, arena: borrowing SampleArena) {
        // What a new sample surpassed is gone, with the positions that pointed there.
        var at = max(min(position, queue.tail - 1), queue.head)
        while at < queue.tail, arena.samples[queue.slot(at)].time <= limit { at += 1 }
        position = at
    }
}
