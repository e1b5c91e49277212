internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift.

// Decides which thresholds (`mean(q, 10m) > 24 degC`) are exceeded: once a series, however many rules share them.
extension SeriesWindows {
    /// Compares all thresholds of a series. Returns whether one changed; `changedWords` says which.
    ///
    /// A comparison is a sign: `mean > c` is n·(c − origin) − Σd < 0, and nothing is divided.
    mutating func compareThresholds(of index: SeriesIndex) -> Bool {
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        let words = truth.address(Int(state.pointee.words), count: shape.pointee.words * 2)
        let changed = changedWords.address(0, count: shape.pointee.words)
        var difference: UInt64 = 0
        let vectorCount = shape.pointee.vectorCount
        if vectorCount > 0 {
            let pairs = shape.pointee.pairs
            let (moments, regression) = (shape.pointee.moments, shape.pointee.regression)
            let (maxima, minima) = (shape.pointee.maxima, shape.pointee.minima)
            let (maximumLayers, minimumLayers) = (shape.pointee.maximumLayers, shape.pointee.minimumLayers)
            let (meanLayers, deviationLayers, slopeLayers) = (
                shape.pointee.meanLayers, shape.pointee.deviationLayers, shape.pointee.slopeLayers
            )
            let rows = LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride))
            let masks = shapes.masks.address(shape.pointee.maskBase, count: shape.pointee.words)
            // No measured value is known of a sensor that is silent or in a gap.
            let isHeard: UInt64 = state.pointee.isUnknown ? 0 : .max
            let thresholds = shapes.thresholds.address(shape.pointee.thresholdBase, count: vectorCount)
            var (vector, word) = (0, 0)
            var holds = SIMD2<UInt64>.zero
            var known = SIMD2<UInt64>.zero
            @inline(__always) func add(_ holdsNow: SIMD2<UInt64>, _ knownNow: SIMD2<UInt64>) {
                holds = (holds &<< 2) | holdsNow
                known = (known &<< 2) | knownNow
                vector &+= 1
                if vector & 31 == 0 || vector == vectorCount {
                    let knownBits = Self.gathered(known) & masks[word] & isHeard
                    let bits = Self.gathered(holds) & knownBits
                    let change = (bits ^ words[2 &* word]) | (knownBits ^ words[2 &* word &+ 1])
                    words[2 &* word] = bits
                    words[2 &* word &+ 1] = knownBits
                    changed[word] = change
                    difference |= change
                    word &+= 1
                    holds = .zero
                    known = .zero
                }
            }
            for pair in 0..<pairs {
                let count = rows[pair]
                let isHeld = (0.5 - count).signs
                if moments >= 0 {
                    let at = moments &+ pair
                    let (sum, origin) = (rows[at], rows[at &+ 3 &* pairs])
                    for _ in 0..<meanLayers { add(((thresholds[vector] - origin) * count - sum).signs, isHeld) }
                    if deviationLayers > 0 {
                        let spread = count * rows[at &+ pairs] - sum * sum
                        let isKnown = (1.5 - count).signs
                        for _ in 0..<deviationLayers {
                            add((thresholds[vector] * (count * count) - spread).signs, isKnown)
                        }
                    }
                    if slopeLayers > 0 {
                        let at = regression &+ pair
                        let times = rows[at]
                        let above = count * rows[at &+ 2 &* pairs] - times * sum
                        let below = count * rows[at &+ pairs] - times * times
                        let isKnown = (0 - below).signs
                        for _ in 0..<slopeLayers { add((thresholds[vector] * below - above).signs, isKnown) }
                    }
                }
                for _ in 0..<maximumLayers { add((thresholds[vector] - rows[maxima &+ pair]).signs, isHeld) }
                for _ in 0..<minimumLayers { add((thresholds[vector] + rows[minima &+ pair]).signs, isHeld) }
            }
        }
        if shape.pointee.singleCount > 0 { difference |= compareSingles(index) }
        return difference != 0
    }

    /// ``compareThresholds(of:)`` of a series with one pair of windows, of which only means have thresholds.
    @inline(__always)
    mutating func compareMeans(
        _ state: UnsafeMutablePointer<SeriesState>, _ shape: UnsafeMutablePointer<WindowShape>, _ rows: LaneBlock
    ) -> Bool {
        let words = truth.address(Int(state.pointee.words), count: 2)
        let layers = shape.pointee.meanLayers
        let thresholds = shapes.thresholds.address(shape.pointee.thresholdBase, count: layers)
        let (count, sum, origin) = (rows[0], rows[1], rows[4])
        let isHeld = (0.5 - count).signs
        var (holds, known) = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        for layer in 0..<layers {
            holds = (holds &<< 2) | ((thresholds[layer] - origin) * count - sum).signs
            known = (known &<< 2) | isHeld
        }
        let knownBits = Self.gathered(known) & shapes.masks[shape.pointee.maskBase]
        let bits = Self.gathered(holds) & knownBits
        let change = (bits ^ words[0]) | (knownBits ^ words[1])
        (words[0], words[1]) = (bits, knownBits)
        changedWords[0] = change
        return change != 0
    }

    /// Two lanes of 32 bits, spread to every second bit → one word.
    @inline(__always)
    private static func gathered(_ lanes: SIMD2<UInt64>) -> UInt64 {
        lanes[0] | lanes[1] << 1
    }

    /// Compares the thresholds that need a comparison each. Returns the bits that differ.
    @inline(never)
    mutating func compareSingles(_ index: SeriesIndex) -> UInt64 {
        let state = view(index)
        let shape = state.shape
        var difference: UInt64 = 0
        for word in shape.pointee.vectorWords..<shape.pointee.words {
            var (bits, known): (UInt64, UInt64) = (0, 0)
            let first = (word - shape.pointee.vectorWords) * 64
            for number in first..<min(first + 64, shape.pointee.singleCount) {
                let test = shapes.singles[shape.pointee.singleBase + number]
                let bit = UInt64(1) << UInt64(number - first)
                if state.isUnknown, !test.measure.seesSilence { continue }
                let value = value(test.measure, index, lane: Lane(test.lane), extra: Int(test.extra), at: state.now)
                if value > test.threshold { bits |= bit }
                // The count so far is a lower bound.
                if value > test.threshold || !value.isNaN && isComplete(test.measure, index, lane: Lane(test.lane)) {
                    known |= bit
                }
            }
            let at = Int(state.words) + 2 * word
            changedWords[word] = (bits ^ truth[at]) | (known ^ truth[at + 1])
            difference |= changedWords[word]
            truth[at] = bits
            truth[at + 1] = known
        }
        return difference
    }

    /// Returns `true` if a measure over a window covers everything that happened: all but `count` speak only of
    /// received readings.
    @inline(__always)
    mutating func isComplete(_ measure: Measure, _ index: SeriesIndex, lane: Lane) -> Bool {
        measure.aggregate != .count || listened == .min || isCountComplete(index, lane: lane)
    }

    @inline(never)
    private mutating func isCountComplete(_ index: SeriesIndex, lane: Lane) -> Bool {
        let state = series.address(index)
        guard state.pointee.heardFrom != .max else { return false }
        let length = shapes.length(of: lane, in: shapes.shapes[Int(state.pointee.shape)])
        let look = max(state.pointee.now, state.pointee.lookedAt)
        // A look after clock time in which the gateway did not listen proves nothing. A sensor's delay behind other
        // sensors does not count as such time.
        if state.pointee.pause > 0, Self.later(look, state.pointee.pause) > listened { return false }
        // The readings of a window have come as much later as the sensor's newest has.
        let behind = state.pointee.ingestDelay.saturatingSubtract(state.pointee.pause)
        return look.saturatingAdd(behind).saturatingSubtract(length) >= state.pointee.heardFrom
    }
}
