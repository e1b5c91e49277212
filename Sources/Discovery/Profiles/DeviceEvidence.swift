internal import Devices

/// What speaks for a profile of one device: the trials of all topics that the device would have.
///
/// Topics of a device are judged together. The state of a Tasmota board says nothing of its sensor, and many profiles
/// read it.
struct DeviceEvidence {
    let placement: ProfileLibrary.Placement
    let key: String?
    let isGeneric: Bool
    private(set) var trials: [(topic: Int, trial: ProfileTrial)] = []

    init(_ placement: ProfileLibrary.Placement, key: String?, isGeneric: Bool) {
        self.placement = placement
        self.key = key
        self.isGeneric = isGeneric
    }

    mutating func add(_ trial: ProfileTrial, of topic: Int) { trials.append((topic, trial)) }

    /// The quantities that it measures, in the order in which they were heard.
    var quantities: [String] { distinct(trials.flatMap(\.trial.quantities)) }
    var supporting: [String] { distinct(trials.flatMap(\.trial.supporting)) }
    var unread: [String] { distinct(trials.filter { !$0.trial.quantities.isEmpty }.flatMap(\.trial.unread)) }
    var doubts: [String] { distinct(trials.flatMap(\.trial.doubts)) }

    /// The topics that it reads something of.
    var topics: [Int] { trials.filter { !$0.trial.quantities.isEmpty || !$0.trial.supporting.isEmpty }.map(\.topic) }
    /// The topics that it measures something on.
    var measuringTopics: [Int] { trials.filter { !$0.trial.quantities.isEmpty }.map(\.topic) }

    /// Why the profile must not be offered, if that is so.
    var objection: String? {
        trials.lazy.compactMap { if case .wrong(let reason) = $0.trial.outcome { reason } else { nil } }.first
    }

    /// What could not be read of a sample that it measures something in.
    var problem: String? {
        trials.lazy.compactMap { if case .partly(let reason) = $0.trial.outcome { reason } else { nil } }.first
    }

    /// Why it reads nothing.
    var nothing: String? {
        trials.lazy.compactMap { if case .nothing(let reason) = $0.trial.outcome { reason } else { nil } }.first
    }

    /// The order of profiles: the smallest is the best, and equal ones fit equally.
    var rank: [Int] {
        // A smoke detector sends its smoke, so a thermometer is not one.
        coarseRank + [hasMain ? 0 : 1, -supporting.count]
    }

    private var hasMain: Bool { trials.contains { $0.trial.hasMain } }

    /// True if a sample has a place for what a device of the profile is there for, and nothing is in it yet.
    var waitsForMain: Bool { quantities.isEmpty && hasMain }

    /// The order by what is read alone.
    var coarseRank: [Int] {
        [problem == nil ? 0 : 1, placement.match.rawValue, isGeneric ? 1 : 0, -quantities.count]
    }

    private func distinct(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

extension Array where Element == DeviceEvidence {
    /// The best of those that may be offered; more than one if they fit equally.
    var best: [DeviceEvidence] {
        let offered = filter { $0.objection == nil && !$0.quantities.isEmpty }
        guard let first = offered.map(\.rank).min(by: { $0.lexicographicallyPrecedes($1) }) else { return [] }
        return offered.filter { $0.rank == first }
    }
}
