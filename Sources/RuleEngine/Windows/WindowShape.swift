internal import RulePlan
internal import Telemetry

// Wrapping operators: numbers of slots, lanes and entries of memory that is allocated, far below their types' ends.

/// The state that rules need for a series, and its thresholds.
///
/// Series with the same needs share one ``WindowShape``, however many they are.
struct WindowNeeds: Hashable {
    /// A threshold on a measure that one series decides alone: `measure > threshold`.
    struct Threshold: Hashable {
        var measure: Measure
        var window: Int64
        var threshold: Double
    }

    /// A state beside the windows' sums, for one window.
    struct Extra: Hashable {
        var kind: Aggregate.Extra
        var window: Int64
        /// The time constant of `smoothed`, in seconds; 0 for the others.
        var parameter = 0.0
    }

    /// The lengths of the windows, shortest first.
    var lengths: [Int64] = []
    var thresholds: [Threshold] = []
    var extras: [Extra] = []
    var keepsMoments = false
    var keepsRegression = false
    var keepsMaxima = false
    var keepsMinima = false

    mutating func require(_ measure: Measure, over window: Int64) {
        if let index = lengths.firstIndex(where: { $0 >= window }) {
            if lengths[index] != window { lengths.insert(window, at: index) }
        } else {
            lengths.append(window)
        }
        switch measure.aggregate.traits.keeps {
        case .samples: break
        case .moments: keepsMoments = true
        case .regression:
            keepsMoments = true
            keepsRegression = true
        case .maxima: keepsMaxima = true
        case .minima: keepsMinima = true
        case .extra(let kind):
            let extra = Extra(kind, for: measure, over: window)
            if !extras.contains(extra) { extras.append(extra) }
        }
    }

    /// Returns the state that a measure needs beside the windows' sums, or `nil`.
    static func extra(for measure: Measure, over window: Int64) -> Extra? {
        guard case .extra(let kind) = measure.aggregate.traits.keeps else { return nil }
        return Extra(kind, for: measure, over: window)
    }
}

extension WindowNeeds.Extra {
    init(_ kind: Aggregate.Extra, for measure: Measure, over window: Int64) {
        self.init(kind: kind, window: window, parameter: kind == .smoothed ? measure.parameter : 0)
    }
}

/// The layout of the state of a series: rows of lanes, a lane for each window, and the thresholds in order.
///
/// Rows are pairs of two lanes, so that the sums of two windows move in one instruction; a lane without a
/// window is computed and never looked at. All offsets count pairs.
struct WindowShape: BitwiseCopyable {
    var windowCount = 0
    /// The number of lane pairs in a row.
    var pairs = 0
    /// The lanes that are windows.
    var windows: Range<Lane> { Lane(0)..<Lane(windowCount) }
    /// The lane of the longest window.
    @inline(__always) var last: Lane { Lane(windowCount &- 1) }
    var laneCount: Int { pairs &* LanePair.width }
    /// The pairs of all rows.
    var stride = 0
    /// The first of the moments' rows (sum, sum of squares, largest sum of squares since formed, origin), of the
    /// regression's (Σt, Σt², Σtv, origin in seconds), of the maxima's and minima's (value, expiry); -1: not kept.
    var moments = -1
    var regression = -1
    var maxima = -1
    var minima = -1

    /// In ``WindowShapes/lengths``.
    var lengthBase = 0
    var shortest: Int64 = .max
    var longest: Int64 = 0
    /// The seconds after which times are counted from a new epoch.
    var epochSpan = Double.infinity
    /// The base of the masks of lanes that are windows: all ones.
    var validBase = 0

    /// The largest number of thresholds of a window, for each vector class.
    var meanLayers = 0
    var deviationLayers = 0
    var slopeLayers = 0
    var maximumLayers = 0
    var minimumLayers = 0
    var thresholdBase = 0
    var vectorCount = 0
    /// Words of 64 thresholds: those of the vectors first, then those compared one by one.
    var vectorWords = 0
    var words = 0
    var maskBase = 0
    var singleBase = 0
    var singleCount = 0
    var bitCount: Int { words * 64 }

    var extraBase = 0
    var extraCount = 0
    /// The number of kept samples that are older than every window: the values before it.
    var spare = 1
    /// Set if there is one pair of windows, with moments and nothing else.
    var isSimple = false
    /// Set if its thresholds are of means, and fit in one word.
    var hasOnlyMeans = false
}

/// A threshold that is compared by itself.
struct SingleThreshold: BitwiseCopyable {
    var measure: Measure
    var lane: Int32
    var extra: Int32
    var threshold: Double
}

struct ExtraShape: BitwiseCopyable {
    var kind: Aggregate.Extra
    var lane: Int32
    var parameter: Double
}

/// All shapes of an engine, and the constants that they point into.
struct WindowShapes: ~Copyable {
    /// A limit that is neither reached nor overflows, for lanes without a threshold.
    private static let unreachable = 1e300
    static var vectorsInWord: Int { 64 / LanePair.width }

    var shapes = Slab(repeating: WindowShape(), count: 0)
    var lengths = Slab(repeating: Int64(0), count: 0)
    var valid = Slab(repeating: SIMD2<UInt64>.zero, count: 0)
    var thresholds = Slab(repeating: LanePair.zero, count: 0)
    /// The bits of each word that belong to a threshold.
    var masks = Slab(repeating: UInt64(0), count: 0)
    var singles = Slab(repeating: SingleThreshold(measure: Measure(.count), lane: 0, extra: -1, threshold: 0), count: 0)
    var extras = Slab(repeating: ExtraShape(kind: .sorted, lane: 0, parameter: 0), count: 0)
    private var known: [WindowNeeds: Int] = [:]
    /// The bit of each threshold, by shape.
    private var bits: [[WindowNeeds.Threshold: Int32]] = []

    /// The length of a window.
    @inline(__always)
    func length(of lane: Lane, in shape: WindowShape) -> Int64 { lengths[shape.lengthBase &+ lane.number] }

    func bit(of threshold: WindowNeeds.Threshold, shape: Int) -> Int32 { bits[shape][threshold] ?? -1 }

    func lane(of window: Int64, shape: Int) -> Int32 {
        let shape = shapes[shape]
        for lane in 0..<shape.windowCount where lengths[shape.lengthBase + lane] == window { return Int32(lane) }
        return -1
    }

    func extra(_ kind: Aggregate.Extra, lane: Int32, parameter: Double, shape: Int) -> Int32 {
        let shape = shapes[shape]
        for index in 0..<shape.extraCount {
            let extra = extras[shape.extraBase + index]
            if extra.kind == kind, extra.lane == lane, kind != .smoothed || extra.parameter == parameter {
                return Int32(index)
            }
        }
        return -1
    }

    /// The index of a shape that keeps this.
    mutating func shape(for needs: WindowNeeds) -> Int {
        if let index = known[needs] { return index }
        var shape = WindowShape()
        shape.windowCount = needs.lengths.count
        shape.pairs = (needs.lengths.count + LanePair.width - 1) / LanePair.width
        var row = 1
        func rows(_ count: Int, if kept: Bool) -> Int {
            guard kept else { return -1 }
            defer { row += count }
            return row * shape.pairs
        }
        shape.moments = rows(4, if: needs.keepsMoments)
        shape.regression = rows(4, if: needs.keepsRegression)
        shape.maxima = rows(2, if: needs.keepsMaxima)
        shape.minima = rows(2, if: needs.keepsMinima)
        shape.stride = row * shape.pairs
        shape.shortest = needs.lengths.first ?? .max
        shape.longest = needs.lengths.last ?? 0
        if needs.keepsRegression { shape.epochSpan = 4e-9 * Double(shape.longest) }
        shape.lengthBase = lengths.count
        for lane in 0..<shape.laneCount {
            _ = lengths.grow(by: 1, with: lane < needs.lengths.count ? needs.lengths[lane] : shape.longest)
        }
        shape.validBase = valid.count
        for pair in 0..<shape.pairs {
            var lanes = SIMD2<UInt64>.zero
            for lane in 0..<LanePair.width where pair * LanePair.width + lane < needs.lengths.count {
                lanes[lane] = .max
            }
            _ = valid.grow(by: 1, with: lanes)
        }
        shape.extraBase = extras.count
        shape.extraCount = needs.extras.count
        for extra in needs.extras {
            let lane = needs.lengths.firstIndex(of: extra.window) ?? 0
            _ = extras.grow(by: 1, with: ExtraShape(kind: extra.kind, lane: Int32(lane), parameter: extra.parameter))
        }
        if needs.extras.contains(where: { $0.kind == .increase }) { shape.spare = Counter.lookback + 1 }
        shape.isSimple =
            shape.pairs == 1 && shape.moments == 1 && shape.regression < 0 && shape.maxima < 0 && shape.minima < 0
            && shape.extraCount == 0
        let index = shapes.grow(by: 1, with: shape)
        bits.append(layOutThresholds(needs, shape: index))
        known[needs] = index
        return index
    }

    /// Decides on the bit of each threshold.
    private mutating func layOutThresholds(_ needs: WindowNeeds, shape index: Int) -> [WindowNeeds.Threshold: Int32] {
        var shape = shapes[index]
        var bits: [WindowNeeds.Threshold: Int32] = [:]
        // [class][lane] → the thresholds.
        var layers: [[[WindowNeeds.Threshold]]] = Array(
            repeating: Array(repeating: [], count: shape.laneCount), count: Self.vectorClasses.count)
        var singles: [WindowNeeds.Threshold] = []
        for threshold in needs.thresholds {
            let lane = needs.lengths.firstIndex(of: threshold.window) ?? 0
            if let kind = Self.vectorClasses.firstIndex(of: threshold.measure.aggregate.traits.comparison) {
                layers[kind][lane].append(threshold)
            } else {
                singles.append(threshold)
            }
        }
        let counts = layers.map { $0.map(\.count).max() ?? 0 }
        (shape.meanLayers, shape.deviationLayers, shape.slopeLayers) = (counts[0], counts[1], counts[2])
        (shape.maximumLayers, shape.minimumLayers) = (counts[3], counts[4])
        shape.vectorCount = counts.reduce(0, +) * shape.pairs
        shape.vectorWords = (shape.vectorCount + Self.vectorsInWord - 1) / Self.vectorsInWord
        shape.words = shape.vectorWords + (singles.count + 63) / 64
        shape.thresholdBase = thresholds.count
        shape.maskBase = masks.grow(by: shape.words, with: 0)
        var vector = 0
        for pair in 0..<shape.pairs {
            for kind in Self.vectorClasses.indices {
                for layer in 0..<counts[kind] {
                    var constants = LanePair(repeating: Self.unreachable)
                    for lane in 0..<LanePair.width {
                        let thresholds = layers[kind][pair * LanePair.width + lane]
                        guard layer < thresholds.count else { continue }
                        let threshold = thresholds[layer].threshold
                        // A deviation is compared in squares.
                        constants[lane] =
                            Self.vectorClasses[kind] == .deviation ? threshold * abs(threshold) : threshold
                        // The first vector of a word has been shifted the farthest when the word is full.
                        let (word, place) = vector.quotientAndRemainder(dividingBy: Self.vectorsInWord)
                        let inWord = min(Self.vectorsInWord, shape.vectorCount - word * Self.vectorsInWord)
                        let bit = word * 64 + LanePair.width * (inWord - 1 - place) + lane
                        bits[thresholds[layer]] = Int32(bit)
                        masks[shape.maskBase + bit / 64] |= 1 << UInt64(bit % 64)
                    }
                    _ = thresholds.grow(by: 1, with: constants)
                    vector += 1
                }
            }
        }
        shape.hasOnlyMeans =
            shape.meanLayers > 0 && shape.vectorCount == shape.meanLayers && shape.words == 1 && singles.isEmpty
        shape.singleBase = self.singles.count
        shape.singleCount = singles.count
        for (number, single) in singles.enumerated() {
            let lane = Int32(needs.lengths.firstIndex(of: single.window) ?? 0)
            let extra =
                WindowNeeds.extra(for: single.measure, over: single.window).flatMap { needs.extras.firstIndex(of: $0) }
                ?? -1
            _ = self.singles.grow(
                by: 1,
                with: SingleThreshold(
                    measure: single.measure, lane: lane, extra: Int32(extra), threshold: single.threshold)
            )
            let bit = shape.vectorWords * 64 + number
            bits[single] = Int32(bit)
            masks[shape.maskBase + bit / 64] |= 1 << UInt64(bit % 64)
        }
        shapes[index] = shape
        return bits
    }

    /// The comparisons that are made for a pair of windows at a time, in their order.
    private static let vectorClasses: [Aggregate.Comparison] = [.mean, .deviation, .slope, .maximum, .minimum]
}
