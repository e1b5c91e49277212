import TestSupport
import Testing

@testable import RuleEngine

/// The containers under the windows, each against a plain array.
@Suite struct ContainerTests {
    @Test("a ring keeps its samples in order while it grows, wraps, and takes late ones")
    func ring() {
        var random = SeededRandom(seed: 1)
        var ring = SampleRing()
        defer { ring.free() }
        var all: [Int64] = []
        for step in 0..<600 {
            if ring.isFull { ring.grow() }
            if step % 3 == 0, let last = all.last {
                let time = Int64.random(in: all[0]...last, using: &random)
                let place = ring.upperBound(time)
                ring.insert(Sample(time: time, value: 0), at: place)
                all.insert(time, at: all.firstIndex { $0 > time } ?? all.count)
            } else {
                ring.append(Sample(time: Int64(step), value: 0))
                all.append(Int64(step))
            }
            while all.count > 40 {
                ring.removeFirst()
                all.removeFirst()
            }
            ring.checkInvariants()
            #expect((0..<Int(ring.count)).map { ring[$0].time } == all)
        }
    }

    @Test("a run of late samples is merged in the order of the times")
    func merge() {
        var ring = SampleRing()
        defer { ring.free() }
        for time in [10, 20, 30] as [Int64] {
            if ring.isFull { ring.grow() }
            ring.append(Sample(time: time, value: 0))
        }
        let late = [5, 20, 25, 40] as [Int64]
        ring.merge(late.map { Sample(time: $0, value: 1) }[...])
        ring.checkInvariants()
        let samples = (0..<Int(ring.count)).map { ring[$0] }
        #expect(samples.map(\.time) == [5, 10, 20, 20, 25, 30, 40])
        // A late sample comes behind those of the same time.
        #expect(samples.map(\.value) == [1, 0, 0, 1, 1, 0, 1])
    }

    @Test("the first entry of a queue inside a window is its maximum", arguments: [1, 2, 3] as [UInt64])
    func extremes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = ExtremeQueue()
        defer { queue.free() }
        var all: [Sample] = []
        var oldest = QueuePosition(0)
        for step in 0..<400 {
            let value = Double(Int.random(in: 0..<20, using: &random))
            if step % 5 == 4 {
                let sample = Sample(time: Int64(step) - Int64.random(in: 1...9, using: &random), value: value)
                queue.insert(sample, oldest: oldest)
                all.append(sample)
            } else {
                let sample = Sample(time: Int64(step), value: value)
                _ = queue.push(sample, oldest: oldest)
                all.append(sample)
            }
            let begin = Int64(step) - 10
            oldest = queue.first(after: begin, from: oldest)
            queue.checkInvariants(from: oldest)
            #expect(queue.entry(oldest).value == all.filter { $0.time > begin }.map(\.value).max(), "step \(step)")
        }
    }

    @Test("sorted values have every rank, while blocks are split and joined", arguments: [1, 2, 3] as [UInt64])
    func sorted(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var sorted = SortedValues()
        defer { sorted.free() }
        var all: [Double] = []
        for step in 0..<1500 {
            // Grows to some 400 values, and shrinks again.
            if !all.isEmpty, Int.random(in: 0..<1500, using: &random) < step {
                let value = all.remove(at: Int.random(in: 0..<all.count, using: &random))
                sorted.remove(value)
            } else {
                let value = Double(Int.random(in: 0..<200, using: &random))
                sorted.insert(value)
                all.append(value)
            }
            guard step % 10 == 0 else { continue }
            sorted.checkInvariants()
            #expect((0..<sorted.count).map { sorted.value(ofRank: $0) } == all.sorted())
            #expect(sorted.rank(upTo: 100) == all.count { $0 <= 100 })
        }
    }

    @Test("a value that is not there is not removed")
    func removeUnknown() {
        var sorted = SortedValues()
        defer { sorted.free() }
        sorted.remove(1)
        sorted.insert(2)
        sorted.remove(1)
        sorted.remove(3)
        sorted.checkInvariants()
        #expect(sorted.count == 1)
    }

    @Test("a slab keeps its elements while it grows")
    func slab() {
        var slab = Slab(repeating: 7, count: 0)
        for number in 0..<300 {
            #expect(slab.grow(by: 1, with: number) == number)
            slab.checkInvariants()
        }
        #expect((0..<300).allSatisfy { slab[$0] == $0 })
        #expect(slab.grow(by: 0, with: 0) == 300)
    }

    @Test("the two lanes of a pair, and the integers in them, lie where the row has them")
    func lanes() {
        let rows = Slab(repeating: LanePair.zero, count: 4)
        let block = LaneBlock(rows.address(0, count: 4))
        block[1] = LanePair(3, 4)
        block[2, Lane(1)] = 5
        block[integerIn: 3, Lane(0)] = -9
        #expect(block[1, Lane(0)] == 3 && block[1, Lane(1)] == 4)
        #expect(block[2] == LanePair(0, 5))
        #expect(block[integers: 3][0] == -9)
        block[0] = LanePair(2, 5)
        block.checkInvariants(windowCount: 2)
    }

    @Test("the three cursors of a lane do not share a place")
    func cursors() {
        let numbers = Slab(repeating: UInt32(0), count: 4 * WindowCursors.perLane)
        let cursors = WindowCursors(numbers.address(0, count: 12), laneCount: 4)
        for lane in Lane(0)..<Lane(4) {
            cursors[lane] = RingSlot(lane.number)
            cursors[.maxima, lane] = QueuePosition(UInt32(10 + lane.number))
            cursors[.minima, lane] = QueuePosition(UInt32(20 + lane.number))
        }
        #expect((0..<12).map { numbers[$0] } == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23])
        #expect(cursors[Lane(3)].next(in: 4) == RingSlot(UInt32(0)))
        #expect(QueuePosition(0).previous.next == QueuePosition(0))
        #expect(QueuePosition(1).isBehind(QueuePosition(.max)))
    }
}

/// What the containers refuse: a mistake in the engine stops the program instead of reading foreign memory.
@Suite struct ContainerCrashTests {
    @Test("a ring refuses an index behind its newest sample")
    func ringIndex() async {
        await #expect(processExitsWith: .failure) {
            var ring = SampleRing()
            ring.grow()
            ring.append(Sample(time: 0, value: 0))
            _ = ring[1]
        }
    }

    @Test("a full ring refuses a sample")
    func fullRing() async {
        await #expect(processExitsWith: .failure) {
            var ring = SampleRing()
            ring.append(Sample(time: 0, value: 0))
        }
    }

    @Test("a slab refuses an index outside of it, and one below zero")
    func slabIndex() async {
        await #expect(processExitsWith: .failure) {
            let slab = Slab(repeating: 0, count: 3)
            _ = slab[3]
        }
        await #expect(processExitsWith: .failure) {
            let slab = Slab(repeating: 0, count: 3)
            _ = slab[-1]
        }
    }

    @Test("a slab refuses a stretch that ends behind it")
    func slabStretch() async {
        await #expect(processExitsWith: .failure) {
            let slab = Slab(repeating: 0, count: 3)
            _ = slab.address(2, count: 2)
        }
    }

    @Test("sorted values refuse a rank that they do not have")
    func rank() async {
        await #expect(processExitsWith: .failure) {
            var sorted = SortedValues()
            sorted.insert(1)
            _ = sorted.value(ofRank: 1)
        }
    }

    @Test("the check of a ring finds samples out of order")
    func disorder() async {
        await #expect(processExitsWith: .failure) {
            var ring = SampleRing()
            ring.grow()
            ring.append(Sample(time: 2, value: 0))
            ring.append(Sample(time: 1, value: 0))
            ring.checkInvariants()
        }
    }
}
