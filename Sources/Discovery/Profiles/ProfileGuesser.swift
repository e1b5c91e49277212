internal import Devices
internal import Telemetry

/// Guesses the profiles of all topics, by trying those that may read them on the samples.
struct ProfileGuesser {
    /// What is known of the topics.
    struct Heard {
        let records: [TopicRecord]
        let families: [FamilyGuess]
        let keys: SharedTopicKeys
    }

    /// The devices, and for each topic why no profile reads it, if that is so.
    struct Outcome {
        var devices: [FoundDevice] = []
        var reasons: [Int: ProfileGuess] = [:]
    }

    /// A device, or what may be one: topics are judged together if they have these in common.
    private struct Subject: Hashable {
        let identity: String
        let labels: [String: String]
        let key: String?
    }

    private let library: ProfileLibrary
    private let heard: Heard
    private let units: AnnouncedUnits
    private var judge: ProfileJudge
    private var evidence: [Subject: [DeviceEvidence]] = [:]
    private var order: [Subject] = []
    private var outcome = Outcome()
    private var trialsLeft = 60_000

    init(_ profiles: [Profile], _ heard: Heard) {
        library = ProfileLibrary(profiles)
        self.heard = heard
        units = AnnouncedUnits(heard.records)
        judge = ProfileJudge(library)
    }

    /// Guesses for all topics.
    mutating func guess() -> Outcome {
        for index in heard.records.indices { attempt(index) }
        for subject in order { decide(subject) }
        return outcome
    }

    // MARK: - Trials

    /// Tries the profiles for a topic.
    private mutating func attempt(_ index: Int) {
        let (record, family) = (heard.records[index], heard.families[index])
        guard family.role == .readings || family.role == .availability else { return }
        if let reason = obstacle(record) {
            outcome.reasons[index] = ProfileGuess(reason)
            return
        }
        guard let sample = record.sample else { return }
        let placements = library.placements(record.topic, family)
        let identity = identity(record.topic, family, placements)
        let whole = [Trial(key: nil, sample: sample)]
        let parts = heard.keys.parts(of: index).map { Trial(key: $0.key, sample: $0.sample) }
        // A profile of the topic itself, even if its reading is wrong, leaves no place for those that only might fit.
        for placements in Dictionary(grouping: placements, by: \.match).sorted(by: { $0.key < $1.key }).map(\.value) {
            var isRead = false
            for placement in placements {
                let isShared = library.profiles[placement.profile].messages.contains { $0.selector != nil }
                for trial in isShared && !parts.isEmpty ? parts : whole {
                    if add(index, placement, identity, trial) { isRead = true }
                }
            }
            if isRead { break }
        }
    }

    /// A payload to try profiles on.
    private struct Trial {
        let key: String?
        let sample: TopicRecord.Sample
        let node: JSONNode?

        init(key: String?, sample: TopicRecord.Sample) {
            self.key = key
            self.sample = sample
            node = PayloadKind(sample).node
        }
    }

    /// Why no profile can be tried on a topic.
    private func obstacle(_ record: TopicRecord) -> String? {
        if record.isUnreadable { return "its name is not UTF-8, so no device of an inventory can have it" }
        guard let sample = record.sample else { return "no payload was kept, so no profile was tried" }
        if sample.isCut {
            return "only the first \(sample.bytes.count) of \(sample.count) bytes were kept, so no profile was tried"
        }
        if trialsLeft <= 0 { return "there are too many topics to try profiles on all of them: name a filter" }
        return nil
    }

    /// - Returns: whether the profile reads something.
    private mutating func add(
        _ index: Int, _ placement: ProfileLibrary.Placement, _ identity: String, _ payload: Trial
    ) -> Bool {
        trialsLeft -= 1
        let key = payload.key
        let trial = ProfileTrial(
            library.profiles[placement.profile], placement, key: key, payload.sample, node: payload.node,
            family: heard.families[index].family, unit: units.unit(of: heard.records[index].topic))
        let labels = placement.labels.filter { $0.key != "device" }
        let subject = Subject(identity: identity, labels: labels, key: key)
        if evidence[subject] == nil { order.append(subject) }
        var all = evidence[subject] ?? []
        let known = all.firstIndex { $0.placement.profile == placement.profile && $0.placement.base == placement.base }
        if known == nil {
            all.append(DeviceEvidence(placement, key: key, isGeneric: library.isGeneric(placement.profile)))
        }
        all[known ?? all.count - 1].add(trial, of: index)
        evidence[subject] = all
        if case .nothing = trial.outcome { return false }
        return true
    }

    /// What the topics of a device have in common: everything up to the level that names it, or the beginning that a
    /// profile's messages have in common.
    private func identity(
        _ topic: String, _ family: FamilyGuess, _ placements: [ProfileLibrary.Placement]
    ) -> String {
        if let identity = family.identity { return identity }
        if let level = family.deviceLevel {
            let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
            if levels.indices.contains(level) { return levels[...level].joined(separator: "/") }
        }
        return placements.min { $0.match < $1.match }?.base ?? topic
    }

    // MARK: - Decisions

    private mutating func decide(_ subject: Subject) {
        guard let all = evidence[subject] else { return }
        let topics = Set(all.flatMap(\.trials).map(\.topic)).sorted()
        let measuring = topics.filter { heard.families[$0].role == .readings }
        guard let shown = measuring.first ?? topics.first else { return }
        let family = heard.families[shown]
        let isRetainedOnly = topics.allSatisfy { heard.records[$0].isRetainedOnly }
        let judgement = judge.judge(
            all, family, sample: heard.records[shown].sample, isRetainedOnly: isRetainedOnly)
        guard let chosen = judgement.evidence else {
            for topic in topics where outcome.reasons[topic] == nil { outcome.reasons[topic] = judgement.guess }
            return
        }
        outcome.devices.append(device(chosen, judgement.guess, subject))
        // The device's other topics have nothing that the profile reads.
        for topic in topics where !chosen.topics.contains(topic) {
            var guess = ProfileGuess(
                "it is a topic of the same device, and \(judgement.guess.names[0]) reads nothing of it")
            guess.rejected = judgement.guess.rejected
            outcome.reasons[topic] = guess
        }
    }

    private func device(_ chosen: DeviceEvidence, _ guess: ProfileGuess, _ subject: Subject) -> FoundDevice {
        let measuring = chosen.measuringTopics.isEmpty ? chosen.trials.map(\.topic) : chosen.measuringTopics
        let shown = measuring[0]
        let part = chosen.key.flatMap { key in heard.keys.parts(of: shown).first { $0.key == key } }
        let family = heard.families[shown]
        let intervals = measuring.compactMap { heard.records[$0].interval }
        let levels = heard.records[shown].topic.split(separator: "/", omittingEmptySubsequences: false)
        let level = family.deviceLevel.flatMap { levels.indices.contains($0) ? String(levels[$0]) : nil }
        return FoundDevice(
            topics: chosen.topics.isEmpty ? measuring : chosen.topics, shownTopic: heard.records[shown].topic,
            profile: guess, base: chosen.placement.base, labels: chosen.placement.labels, key: chosen.key,
            levelName: level, name: family.deviceName,
            model: part.map { RTL433Family.model(of: $0.sample, family) } ?? family.model,
            interval: part.map(\.interval) ?? intervals.max(), sample: part?.sample ?? heard.records[shown].sample)
    }
}
