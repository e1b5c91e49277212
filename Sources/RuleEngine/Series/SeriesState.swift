internal import RulePlan
internal import Telemetry

/// Everything that is kept for one series: its samples once, and the windows over them.
struct SeriesState: BitwiseCopyable {
    var ring = Ring()
    var maxima = Ring()
    var minima = Ring()
    /// The time up to which the windows have moved: that of the newest sample, or of a later timer.
    var now = Int64.min
    var newest = Int64.min
    var windowBase = 0
    var windowCount = 0
    var dependentBase = 0
    var dependentCount = 0
    /// How long samples stay: the longest window, and at least the lateness, so that a late reading
    /// finds its place and a repeated one is recognised.
    var retention: Int64 = 0
    var keepsMaxima = false
    var keepsMinima = false
}

extension SeriesState {
    /// Takes a sample that is not older than the newest. Amortised O(windows).
    mutating func append(_ sample: Sample, windows: inout Slab<WindowState>, arena: inout SampleArena) {
        ring.append(sample, in: &arena)
        newest = sample.time
        if keepsMaxima { ExtremeQueue.push(sample, onto: &maxima, in: &arena, maximum: true) }
        if keepsMinima { ExtremeQueue.push(sample, onto: &minima, in: &arena, maximum: false) }
        if sample.time > now { now = sample.time }
        for index in windowBase..<windowBase + windowCount {
            move(&windows[index], adding: sample, arena: arena)
        }
        discardOld(arena: arena)
    }

    /// Moves the windows on to a time, without a sample. O(windows + samples that leave).
    mutating func advance(to time: Int64, windows: inout Slab<WindowState>, arena: borrowing SampleArena) {
        guard time > now else { return }
        now = time
        for index in windowBase..<windowBase + windowCount { move(&windows[index], adding: nil, arena: arena) }
        discardOld(arena: arena)
    }

    /// Puts a late sample in its place, and forms all windows anew. O(samples of the longest window).
    mutating func insert(
        _ sample: Sample, at position: Int, windows: inout Slab<WindowState>, arena: inout SampleArena
    ) {
        ring.insert(sample, at: position, in: &arena)
        maxima.head = maxima.tail
        minima.head = minima.tail
        let longest = windowCount > 0 ? windows[windowBase + windowCount - 1].length : 0
        for position in ring.upperBound(now &- longest, in: arena)..<ring.tail {
            let sample = arena.samples[ring.slot(position)]
            if keepsMaxima { ExtremeQueue.push(sample, onto: &maxima, in: &arena, maximum: true) }
            if keepsMinima { ExtremeQueue.push(sample, onto: &minima, in: &arena, maximum: false) }
        }
        for index in windowBase..<windowBase + windowCount {
            windows[index].start = ring.upperBound(now &- windows[index].length, in: arena)
            reform(&windows[index], arena: arena)
            windows[index].maximum = maxima.head
            windows[index].minimum = minima.head
            settleExtremes(&windows[index], arena: arena)
        }
    }

    /// Whether a sample of that time and value is held. O(log samples + samples of that time).
    func holds(_ sample: Sample, arena: borrowing SampleArena) -> Bool {
        var position = ring.upperBound(sample.time, in: arena) - 1
        while position >= ring.head, case let held = arena.samples[ring.slot(position)], held.time == sample.time {
            if held.value.bitPattern == sample.value.bitPattern { return true }
            position -= 1
        }
        return false
    }

    @inline(__always)
    private func move(_ window: inout WindowState, adding sample: Sample?, arena: borrowing SampleArena) {
        let limit = now &- window.length
        let keepsSums = window.keeps(.sum)
        if keepsSums, let sample {
            if window.start == ring.tail - 1 { window.restart(at: sample) }
            window.add(sample)
        }
        var isStale = sample.map { $0.time &- window.originTime > 4 * window.length } ?? false
        while window.start < ring.tail {
            let oldest = arena.samples[ring.slot(window.start)]
            guard oldest.time <= limit else { break }
            if keepsSums, window.remove(oldest) { isStale = true }
            window.start &+= 1
        }
        if isStale, keepsSums { reform(&window, arena: arena) }
        settleExtremes(&window, arena: arena)
    }

    @inline(__always)
    private func settleExtremes(_ window: inout WindowState, arena: borrowing SampleArena) {
        let limit = now &- window.length
        if window.keeps(.maximum) { ExtremeQueue.settle(&window.maximum, in: maxima, after: limit, arena: arena) }
        if window.keeps(.minimum) { ExtremeQueue.settle(&window.minimum, in: minima, after: limit, arena: arena) }
    }

    /// Forms a window's sums anew from its samples, about their middle. O(samples of the window).
    @inline(never)
    func reform(_ window: inout WindowState, arena: borrowing SampleArena) {
        guard window.start < ring.tail else { return }
        let oldest = arena.samples[ring.slot(window.start)]
        let newest = arena.samples[ring.slot(ring.tail - 1)]
        var mean = 0.0
        for position in window.start..<ring.tail { mean += arena.samples[ring.slot(position)].value - oldest.value }
        mean = oldest.value + mean / Double(ring.tail - window.start)
        window.restart(at: Sample(time: oldest.time &+ (newest.time &- oldest.time) / 2, value: mean))
        for position in window.start..<ring.tail { window.add(arena.samples[ring.slot(position)]) }
    }

    /// Lets go of what no window and no late reading can need.
    @inline(__always)
    private mutating func discardOld(arena: borrowing SampleArena) {
        let limit = now &- retention
        while ring.head < ring.tail, arena.samples[ring.slot(ring.head)].time <= limit { ring.head &+= 1 }
        while maxima.head < maxima.tail, arena.samples[maxima.slot(maxima.head)].time <= limit { maxima.head &+= 1 }
        while minima.head < minima.tail, arena.samples[minima.slot(minima.head)].time <= limit { minima.head &+= 1 }
    }
}
